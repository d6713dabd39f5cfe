"""A site on a host that only serves files, from the page to the verdict on its report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lowformer_edge.artifact.bundle import open_bundle
from lowformer_edge.cli.bench import main as bench
from lowformer_edge.cli.verify import main as verify
from lowformer_edge.targets.web.bundle_site import SiteChoice, site_parts
from lowformer_edge.targets.web.site_folder import write_site_folder

from ...hosted_folder import hosted
from .chromium import opened_browser

if TYPE_CHECKING:
    from playwright.sync_api import Playwright

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("web_lab")]

FLAGS = ("--disable-gpu",)
ROUNDS = 10


@pytest.fixture(scope="module")
def report(
    demo_bundle: Path, playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """What the page saves after it did all that its site asks for, on the processor."""
    folder = tmp_path_factory.mktemp("static")
    choice = SiteChoice(accelerators=("wasm",), rounds=ROUNDS, warmup_s=0)
    write_site_folder(site_parts(open_bundle(demo_bundle), choice), folder / "site")
    with hosted(folder / "site") as address, opened_browser(playwright, FLAGS) as browser:
        page = browser.new_page()
        page.goto(address)
        page.get_by_role("button", name="Check and time all files").click()
        save = page.get_by_role("button", name="Save the report")
        save.wait_for(state="visible", timeout=180_000)
        with page.expect_download() as download:
            save.click()
        download.value.save_as(folder / "report.json")
    return folder / "report.json"


def test_the_report_is_judged_by_the_golden_vectors(
    demo_bundle: Path, report: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify([str(demo_bundle), "--web-report", str(report), "--json", "--quiet"]) == 1
    printed = capsys.readouterr()
    said = {one["file"]: one for one in json.loads(printed.out)["browsers"]}
    assert said.keys() == {path.name for path in open_bundle(demo_bundle).files}
    failed = {name for name, one in said.items() if one["failure"]}
    assert failed == {"demo-fp16.tflite"}
    assert said["demo-fp32.tflite"]["parity"]["outputs"]["logits"]["sqnr_db"] > 100
    assert "in the browser, by wasm: XNNPACK does not take the whole of it" in printed.err


def test_the_report_has_times_of_what_ran(
    demo_bundle: Path, report: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench([str(demo_bundle), "--web-report", str(report), "--json", "--quiet"])
    (found,) = json.loads(capsys.readouterr().out)["benchmarks"]
    timed = {Path(file["path"]).name: file for file in found["files"]}
    names = {path.name for path in open_bundle(demo_bundle).files}
    assert timed.keys() == names - {"demo-fp16.tflite"}
    assert all(file["runs"] == 5 * ROUNDS for file in timed.values())
    assert found["browser"]["accelerator"] == "wasm"


def test_the_report_of_another_bundle_is_refused(
    all_formats_bundle: Path, report: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify([str(all_formats_bundle), "--web-report", str(report)]) == 2
    assert "is of another bundle" in capsys.readouterr().err
