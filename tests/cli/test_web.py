"""``lowformer-web``: a bundle's page, served or as a folder."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path

import pytest

from lowformer_edge.cli.web import main
from lowformer_edge.errors import UsageError
from lowformer_edge.progress import SilentProgress
from lowformer_edge.workflows.web_site import serve_web_site, write_web_site


def refusal(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """The one line that is said of what cannot be done."""
    assert main([*map(str, arguments), "--quiet"]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    return err


@pytest.mark.usefixtures("web_lab")
def test_a_site_is_written_as_a_folder(
    demo_bundle: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    site = tmp_path / "site"
    assert main([str(demo_bundle), "--output", str(site), "--json", "--quiet"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert told["folder"] == str(site)
    for name, size in told["files"].items():
        assert (site / name).stat().st_size == size
    assert {"index.html", "job.json", "golden.npz"} <= set(told["files"])


@pytest.mark.usefixtures("web_lab")
def test_an_older_site_is_replaced_by_force_alone(
    demo_bundle: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    site = tmp_path / "site"
    arguments = [str(demo_bundle), "--output", str(site), "--accelerators", "wasm"]
    assert main([*arguments, "--quiet"]) == 0
    capfd.readouterr()
    assert "exists; give --force to replace it" in refusal(capfd, *arguments)
    assert main([*arguments, "--rounds", "3", "--force", "--quiet"]) == 0
    job = json.loads((site / "job.json").read_text())
    assert {one["rounds"] for one in job["requests"] if one["task"] == "time"} == {3}


def test_strangers_stay(
    demo_bundle: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"mine")
    told = refusal(capfd, demo_bundle, "--output", tmp_path, "--force")
    assert "so it is not replaced" in told
    assert (tmp_path / "photo.jpg").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--output", "site", "--lan"], "--lan, --no-tls and --minutes are for serving"),
        (["--output", "site", "--no-tls"], "--lan, --no-tls and --minutes are for serving"),
        (["--output", "site", "--minutes", "1"], "--lan, --no-tls and --minutes are for serving"),
        (["--force"], "--force replaces a folder; give --output"),
        (["--no-tls"], "--no-tls is for --lan"),
        (["--minutes", "0"], "--minutes must be above 0"),
        (["--minutes", "nan"], "--minutes must be above 0"),
        (
            ["--accelerators", "gpu"],
            "--accelerators are one or several of wasm, webgpu, webgpu-fp16",
        ),
        (["--accelerators", ","], "accelerators"),
        (["--threads", "0"], "--threads must be at least 1"),
        (["--threads", "two"], "--threads takes numbers"),
        (["--rounds", "0"], "--rounds must be a whole number of at least 1"),
    ],
)
def test_bad_options_are_one_line(
    demo_bundle: Path,
    arguments: list[str],
    reason: str,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert reason in refusal(capfd, demo_bundle, *arguments)
    assert [*tmp_path.iterdir()] == []


def test_a_bundle_that_is_not_there_is_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert "no-bundle" in refusal(capfd, tmp_path / "no-bundle")


@pytest.mark.usefixtures("web_lab")
def test_it_is_served_until_its_time_is_over(
    demo_bundle: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([str(demo_bundle), "--minutes", "0.001", "--quiet"]) == 0
    assert re.search(r"^http://127\.0\.0\.1:\d+/\S+/$", capfd.readouterr().err, re.MULTILINE)


@pytest.mark.usefixtures("web_lab")
def test_what_is_served_is_the_site(demo_bundle: Path) -> None:
    class Reader(SilentProgress):
        def ask(self, text: str) -> None:
            (address,) = re.findall(r"^http://\S+$", text, re.MULTILINE)
            with urllib.request.urlopen(f"{address}job.json") as response:
                self.job = json.load(response)

    reader = Reader()
    serve_web_site(demo_bundle, accelerators=["wasm"], minutes=0.001, progress=reader)
    assert not reader.job["starts"]
    assert {one["accelerator"] for one in reader.job["requests"]} == {"wasm"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"accelerators": []}, "`accelerators` are one or several of"),
        ({"accelerators": ["gpu"]}, "`accelerators` are one or several of"),
        ({"rounds": 0}, "`rounds`"),
        ({"threads": [0]}, "`threads`"),
    ],
)
def test_in_python_parameters_are_named(
    demo_bundle: Path, tmp_path: Path, changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        write_web_site(demo_bundle, tmp_path / "site", **changes)  # type: ignore[arg-type]
    assert not (tmp_path / "site").exists()
