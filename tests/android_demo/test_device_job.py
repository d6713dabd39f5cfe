"""Lab mode from end to end: the commands, a stand-in for adb, and the app's own code behind it.

The app's classes run on Java's virtual machine with ExecuTorch's library for Android, and with
LiteRT's C library for this machine. Its times are this machine's; what is held is that both sides
speak the same protocol and find the same figures.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lowformer_edge import demo, export_model, load_model, open_images
from lowformer_edge.android_demo.tools.offline.hotspot import HotSpot
from lowformer_edge.android_demo.tools.offline.litert import gpu_variables
from lowformer_edge.artifact.manifest import FileRecord, read_manifest
from lowformer_edge.cli.bench import main as bench
from lowformer_edge.cli.verify import main as verify
from lowformer_edge.export.spec import INPUTS, ExportSpec
from lowformer_edge.lab.gpu import SWIFTSHADER, gpu_environment
from lowformer_edge.lab.place import Lab
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.workflows import bench as benchmark

from ..conftest import MakeOnce
from ..targets.adb.adb_server import AdbServer, serve_phone
from .conftest import dense_bundle
from .exchange import with_only

pytest.importorskip("adbutils", reason="adbutils is not installed")

FAST = ("--on", "adb", "--json", "--quiet")


RUNTIMES = {"executorch": ".pte", "tflite": ".tflite"}
"""The formats that the app runs, with the suffixes of their files."""

RUNTIME_NAMES = {"executorch": "ExecuTorch", "tflite": "LiteRT"}


@pytest.fixture(params=RUNTIMES)
def runtime(request: pytest.FixtureRequest) -> str:
    """Every runtime; of LiteRT the app knows nothing where it is not in use."""
    return str(request.param)


def serve(app: HotSpot, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AdbServer]:
    """A phone whose app is ours, but for its screen."""
    for server in serve_phone(folder / "phone", monkeypatch, app.command("lab")):
        server.install()
        yield server


@pytest.fixture
def phone(
    hotspot: HotSpot, runtime: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AdbServer]:
    app = dataclasses.replace(hotspot, litert=runtime == "tflite")
    yield from serve(app, tmp_path, monkeypatch)


@pytest.fixture
def phone_with_gpu(
    hotspot: HotSpot, gpu_lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AdbServer]:
    variables = gpu_variables(gpu_environment(gpu_lab, SWIFTSHADER))
    app = dataclasses.replace(hotspot, litert=True, variables=variables)
    yield from serve(app, tmp_path, monkeypatch)


@pytest.fixture
def bundle(android_bundle: Path, runtime: str, tmp_path: Path) -> Path:
    """Of the app's bundle, the files of one runtime."""
    return with_files_of(android_bundle, runtime, tmp_path / "bundle")


def with_files_of(whole: Path, runtime: str, into: Path) -> Path:
    names = (f"demo-{precision}{RUNTIMES[runtime]}" for precision in ("fp32", "int8"))
    return with_only(whole, into, *names)


def test_files_compute_the_same_there(
    phone: AdbServer, bundle: Path, runtime: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert verify([str(bundle), *FAST, "--target-images", "5"]) == 0
    result = json.loads(capfd.readouterr().out)
    assert result["targets"]["adb"]["app"] == "on HotSpot"
    links = {
        (link["first"], link["second"]): link["outputs"]["logits"]["sqnr_db"]
        for link in result["links"]
    }
    for precision in ("fp32", "int8"):
        name = f"demo-{precision}{RUNTIMES[runtime]}"
        found = links[f"{name} on host", f"{name} on adb"]
        assert found == "exact" or found > 80
    assert not list((phone.root / "data/local/tmp/lowformer-edge").iterdir())


def test_rectangles_and_pixels_are_computed_there(
    phone: AdbServer, runtime: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = load_model(input_size=(96, 64), preprocessing={"resize_mode": "letterbox"})
    specs = [ExportSpec(runtime, input=taken) for taken in INPUTS]
    evaluation = open_images(demo.EVALUATION, model, count=20)
    export_model(model, tmp_path / "oblong", specs, evaluation=evaluation, runs=1)
    assert verify([str(tmp_path / "oblong"), *FAST, "--target-images", "5"]) == 0
    result = json.loads(capfd.readouterr().out)
    links = {(link["first"], link["second"]): link for link in result["links"]}
    for stem in ("demo-fp32", "demo-fp32-image"):
        name = f"{stem}{RUNTIMES[runtime]}"
        found = links[f"{name} on host", f"{name} on adb"]["outputs"]["logits"]["sqnr_db"]
        assert found == "exact" or found > 80


def test_files_are_timed_there(
    phone: AdbServer,
    bundle: Path,
    runtime: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(benchmark, "doubts", lambda results, ratios, load: [])
    names = [f"demo-{precision}{RUNTIMES[runtime]}" for precision in ("fp32", "int8")]
    files = [str(bundle / name) for name in names]
    assert bench([*files, *FAST, "--runs", "12", "--processes", "2"]) == 0
    (found,) = json.loads(capfd.readouterr().out)["benchmarks"]
    ran = [item for item in found["phone"]["checks"] if item["accelerator"] == "cpu"]
    checks = {item["file"]: item for item in ran}
    assert checks[names[0]]["parity"]["outputs"]["logits"]["sqnr_db"] > 100
    assert checks[names[1]]["parity"]["outputs"]["logits"]["sqnr_db"] > 20
    for item in found["files"]:
        assert item["runtime"].startswith(RUNTIME_NAMES[runtime])
        assert item["runs"] == 12
        assert 0 < item["first_ms"] < item["load_ms"] * 1000
        assert item["peak_mb"] is None or item["peak_mb"] > 0
    state = found["phone"]["requests"][0]
    assert (state["throttled"], state["before"]["battery_percent"]) == (None, None)


def test_files_run_for_a_while_there(
    phone: AdbServer, bundle: Path, runtime: str, capfd: pytest.CaptureFixture[str]
) -> None:
    bench([str(bundle / f"demo-int8{RUNTIMES[runtime]}"), *FAST, "--minutes", "0.02"])
    (found,) = json.loads(capfd.readouterr().out)["endurance"]
    assert len(found["files"][0]["windows"]) == 12
    assert found["moments"][-1]["seconds"] >= 1.2


def test_another_file_than_the_golden_vectors_tell_of(
    phone: AdbServer,
    bundle: Path,
    runtime: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(benchmark, "doubts", lambda results, ratios, load: [])
    exchanged = bundle / f"demo-fp32{RUNTIMES[runtime]}"
    shutil.copy(bundle / f"demo-int8{RUNTIMES[runtime]}", exchanged)
    path = bundle / "manifest.json"
    manifest = json.loads(path.read_text())
    for item in manifest["artifacts"]:
        file = bundle / item["file"]["path"]
        item["file"] = FileRecord.of(file).model_dump()
    path.write_text(json.dumps(manifest))
    arguments = [str(exchanged), *FAST, "--runs", "2", "--processes", "2"]
    assert bench(arguments) == 1
    assert "dB SQNR to the eager model, below the 80 that fp32 keeps" in capfd.readouterr().err


def test_files_are_checked_on_the_phones_gpu(
    phone_with_gpu: AdbServer,
    android_bundle: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    bundle = with_files_of(android_bundle, "tflite", tmp_path / "bundle")
    on_gpu = ("--on", "adb?accelerator=gpu", "--json", "--quiet")
    assert verify([str(bundle), *on_gpu, "--target-images", "2"]) == 0
    result = json.loads(capfd.readouterr().out)
    found = [link for link in result["links"] if "adb?accelerator=gpu" in link["second"]]
    assert {link["second"].partition(" ")[0] for link in found} >= {
        "demo-fp32.tflite",
        "demo-int8.tflite",
    }


@pytest.mark.parametrize("runtime", ["executorch"], indirect=True)
def test_a_runtime_that_is_not_there(
    phone: AdbServer, android_bundle: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = android_bundle / "demo-int8.tflite"
    assert bench([str(file), *FAST, "--runs", "2", "--processes", "2"]) == 1
    err = capfd.readouterr().err
    assert "has no LiteRT" in err
    assert len(err.splitlines()) == 1


@pytest.fixture(params=["detection", "segmentation"])
def dense(
    request: pytest.FixtureRequest,
    slight_config: LowFormerConfig,
    made_once: MakeOnce,
    runtime: str,
) -> Path:
    """A bundle of a runtime's files with maps, or with the boxes made of them."""
    return dense_bundle(made_once, slight_config, str(request.param), runtime)


def test_maps_are_checked_there(
    phone: AdbServer,
    dense: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The app's figures of each map are those of Python, or the answer would be refused."""
    monkeypatch.setattr(benchmark, "doubts", lambda results, ratios, load: [])
    assert bench([str(dense), *FAST, "--runs", "2", "--processes", "2"]) == 0
    (found,) = json.loads(capfd.readouterr().out)["benchmarks"]
    manifest = read_manifest(dense)
    ran = [item for item in found["phone"]["checks"] if item["accelerator"] == "cpu"]
    checks = {item["file"]: item for item in ran}
    assert checks.keys() == {record.file.path for record in manifest.artifacts}
    for record in manifest.artifacts:
        check = checks[record.file.path]
        assert check["failure"] is None
        close = check["parity"]["outputs"]
        assert list(close) == [output.name for output in record.outputs]
        assert all(item["sqnr_db"] == "exact" or item["sqnr_db"] > 100 for item in close.values())
        assert check["parity"]["agreement"]["value"] > 99


def test_maps_are_the_same_there(
    phone: AdbServer, dense: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert verify([str(dense), *FAST, "--target-images", "3"]) == 0
    result = json.loads(capfd.readouterr().out)
    links = {(link["first"], link["second"]): link["outputs"] for link in result["links"]}
    for record in read_manifest(dense).artifacts:
        name = record.file.path
        for item in links[f"{name} on host", f"{name} on adb"].values():
            assert item["sqnr_db"] == "exact" or item["sqnr_db"] > 80
