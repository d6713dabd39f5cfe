"""Lab mode from end to end: the commands, a stand-in for adb, and the app's own code behind it.

The app's classes run on Java's virtual machine with ExecuTorch's library for Android. Its times are
this machine's; what is held is that both sides speak the same protocol and find the same figures.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lowformer_edge import demo, export_model, load_model, open_images
from lowformer_edge.android_demo.tools.offline.hotspot import HotSpot
from lowformer_edge.artifact.manifest import FileRecord
from lowformer_edge.cli.bench import main as bench
from lowformer_edge.cli.verify import main as verify
from lowformer_edge.export.spec import INPUTS, ExportSpec
from lowformer_edge.workflows import bench as benchmark

from ..targets.adb.adb_server import AdbServer, serve_phone

pytest.importorskip("adbutils", reason="adbutils is not installed")

FAST = ("--on", "adb", "--json", "--quiet")


@pytest.fixture
def phone(hotspot: HotSpot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AdbServer]:
    """A phone whose app is ours, but for its screen."""
    java = hotspot.made.toolchain.java_program("java")
    app = [str(java), "-Xmx600m", "-XX:TieredStopAtLevel=1", *hotspot.program("lab")]
    for server in serve_phone(tmp_path / "phone", monkeypatch, app):
        server.install()
        yield server


@pytest.fixture
def bundle(android_bundle: Path, tmp_path: Path) -> Path:
    """Of the app's bundle, what can be run without a phone: ExecuTorch's files."""
    folder = Path(shutil.copytree(android_bundle, tmp_path / "bundle"))
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["artifacts"] = [
        item for item in manifest["artifacts"] if item["file"]["path"].endswith(".pte")
    ]
    path.write_text(json.dumps(manifest))
    return folder


def test_files_compute_the_same_there(
    phone: AdbServer, bundle: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert verify([str(bundle), *FAST, "--target-images", "5"]) == 0
    result = json.loads(capfd.readouterr().out)
    assert result["targets"]["adb"]["app"] == "on HotSpot"
    links = {
        (link["first"], link["second"]): link["outputs"]["logits"]["sqnr_db"]
        for link in result["links"]
    }
    for precision in ("fp32", "int8"):
        found = links[f"demo-{precision}.pte on host", f"demo-{precision}.pte on adb"]
        assert found == "exact" or found > 80
    assert not list((phone.root / "data/local/tmp/lowformer-edge").iterdir())


def test_rectangles_and_pixels_are_computed_there(
    phone: AdbServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = load_model(input_size=(96, 64), preprocessing={"resize_mode": "letterbox"})
    specs = [ExportSpec("executorch", input=taken) for taken in INPUTS]
    evaluation = open_images(demo.EVALUATION, model, count=20)
    export_model(model, tmp_path / "oblong", specs, evaluation=evaluation, runs=1)
    assert verify([str(tmp_path / "oblong"), *FAST, "--target-images", "5"]) == 0
    result = json.loads(capfd.readouterr().out)
    links = {(link["first"], link["second"]): link for link in result["links"]}
    for name in ("demo-fp32.pte", "demo-fp32-image.pte"):
        found = links[f"{name} on host", f"{name} on adb"]["outputs"]["logits"]["sqnr_db"]
        assert found == "exact" or found > 80


def test_files_are_timed_there(
    phone: AdbServer,
    bundle: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(benchmark, "doubts", lambda results, ratios, load: [])
    files = [str(bundle / f"demo-{precision}.pte") for precision in ("fp32", "int8")]
    assert bench([*files, *FAST, "--runs", "12", "--processes", "2"]) == 0
    (found,) = json.loads(capfd.readouterr().out)["benchmarks"]
    checks = {item["file"]: item for item in found["phone"]["checks"]}
    assert checks["demo-fp32.pte"]["parity"]["outputs"]["logits"]["sqnr_db"] > 100
    assert checks["demo-int8.pte"]["parity"]["outputs"]["logits"]["sqnr_db"] > 20
    for item in found["files"]:
        assert item["runtime"].startswith("ExecuTorch")
        assert item["runs"] == 12
        assert 0 < item["first_ms"] < item["load_ms"] * 1000
        assert item["peak_mb"] is None or item["peak_mb"] > 0
    state = found["phone"]["requests"][0]
    assert (state["throttled"], state["before"]["battery_percent"]) == (None, None)


def test_files_run_for_a_while_there(
    phone: AdbServer, bundle: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bench([str(bundle / "demo-int8.pte"), *FAST, "--minutes", "0.02"])
    (found,) = json.loads(capfd.readouterr().out)["endurance"]
    assert len(found["files"][0]["windows"]) == 12
    assert found["moments"][-1]["seconds"] >= 1.2


def test_another_file_than_the_golden_vectors_tell_of(
    phone: AdbServer,
    bundle: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(benchmark, "doubts", lambda results, ratios, load: [])
    shutil.copy(bundle / "demo-int8.pte", bundle / "demo-fp32.pte")
    path = bundle / "manifest.json"
    manifest = json.loads(path.read_text())
    for item in manifest["artifacts"]:
        file = bundle / item["file"]["path"]
        item["file"] = FileRecord.of(file).model_dump()
    path.write_text(json.dumps(manifest))
    arguments = [str(bundle / "demo-fp32.pte"), *FAST, "--runs", "2", "--processes", "2"]
    assert bench(arguments) == 1
    assert "dB SQNR to the eager model, below the 80 that fp32 keeps" in capfd.readouterr().err


def test_a_runtime_that_is_not_there(
    phone: AdbServer, android_bundle: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = android_bundle / "demo-int8.tflite"
    assert bench([str(file), *FAST, "--runs", "2", "--processes", "2"]) == 1
    err = capfd.readouterr().err
    assert "has no LiteRT" in err
    assert len(err.splitlines()) == 1
