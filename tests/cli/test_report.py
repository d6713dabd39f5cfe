"""The report command, called as a user calls it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from lowformer_edge.cli.report import main


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_bundle_alone(demo_bundle: Path, here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([str(demo_bundle)]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    size = Path("demo.html").stat().st_size
    assert out == f"report: demo.html, {size / 1000:.0f} kB, no failed check\n"
    page = Path("demo.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>\n")
    assert "demo-int8.<wbr>tflite" in page
    assert main([str(demo_bundle), "--output", "again.html", "--quiet"]) == 0
    assert capfd.readouterr() == ("", "")
    assert Path("again.html").read_bytes() == Path("demo.html").read_bytes()
    assert {path.name for path in here.iterdir()} == {"demo.html", "again.html"}


def test_as_json(demo_bundle: Path, here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Path("page.html").write_text("old")
    arguments = [str(demo_bundle), "--output", "page.html", "--force", "--json"]
    assert main(arguments) == 0
    result = json.loads(capfd.readouterr().out)
    assert result["path"] == "page.html"
    assert result["bytes"] == Path("page.html").stat().st_size
    assert result["sections"][0] == "limits"
    assert result["failures"] == []


def test_failed_checks_are_shown_and_are_no_failure_of_the_report(
    demo_bundle: Path, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(demo_bundle, "bundle")
    path = Path("bundle/manifest.json")
    manifest = json.loads(path.read_text())
    manifest["artifacts"][0]["parity"]["outputs"]["logits"]["sqnr_db"] = 1.5
    path.write_text(json.dumps(manifest))
    assert main(["bundle", "--output", "page.html"]) == 0
    assert "1 failed check(s)" in capfd.readouterr().out
    assert "1.5 dB SQNR to the eager model" in Path("page.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["absent"], "not a bundle"),
        (["bundle", "--output", "taken"], "give --force"),
        (["bundle", "--output", "bundle/page.html"], "lies in the bundle"),
        (["bundle", "--output", "."], "is a folder"),
        (["bundle", "--output", "no/page.html"], "cannot be written"),
        (["bundle", "--verify", "absent.json"], "absent.json: cannot be read"),
        (["bundle", "--bench", "taken"], "taken: is no output of lowformer-bench"),
        (["bundle", "--verify", "bundle/manifest.json"], "is no output of lowformer-verify"),
        (["bundle", "--search", "bundle/manifest.json"], "search: Field required"),
        (["required"], "not a condition such as"),
    ],
)
def test_bad_requests(
    arguments: list[str],
    reason: str,
    demo_bundle: Path,
    here: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    Path("bundle").symlink_to(demo_bundle)
    shutil.copytree(demo_bundle, "required")
    path = Path("required/manifest.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "requirements": ["x"]}))
    Path("taken").write_text("mine")
    assert main(arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert reason in err
    assert len(err.splitlines()) == 1
    assert {path.name for path in here.iterdir()} == {"bundle", "required", "taken"}
    assert Path("taken").read_text() == "mine"
