"""The app's own runner of TFLite files with LiteRT's C library, against Python's runner.

Google's Kotlin classes of LiteRT, and the native code behind them, are not here: stand-ins are,
that have the same signatures.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lowformer_edge import export_model
from lowformer_edge.android_demo.tools.offline.compilation import Compilation
from lowformer_edge.android_demo.tools.offline.hotspot import Classification, HotSpot
from lowformer_edge.android_demo.tools.offline.litert import gpu_variables
from lowformer_edge.artifact.formats import FORMATS
from lowformer_edge.artifact.golden import GoldenVectors
from lowformer_edge.artifact.manifest import read_manifest
from lowformer_edge.cli.export import main as export
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.judging.promise import same_file_db
from lowformer_edge.lab.gpu import LAVAPIPE, SWIFTSHADER, gpu_environment
from lowformer_edge.lab.place import Lab
from lowformer_edge.models.loading import LoadedModel
from lowformer_edge.runtime.tflite.runner import TFLiteRunner
from lowformer_edge.tasks.closeness import sqnr

from ..conftest import evaluation_of
from .exchange import with_file, with_only
from .javap import members_of

SIGNATURES = Path(__file__).parents[1] / "data" / "litert-kotlin-2.3.0.txt"

PRECISIONS = FORMATS["tflite"].precisions

ON_GPU = ("fp32", "fp16", "int8", "int8-dynamic")
"""LiteRT's GPU cannot start on the other."""

NO_DEVICE = {"VK_DRIVER_FILES": "/none", "VK_ICD_FILENAMES": "/none"}


@pytest.fixture(scope="module")
def with_litert(hotspot: HotSpot) -> HotSpot:
    return dataclasses.replace(hotspot, litert=True)


@pytest.fixture(scope="module")
def on_gpu(with_litert: HotSpot, gpu_lab: Lab) -> HotSpot:
    variables = gpu_variables(gpu_environment(gpu_lab, SWIFTSHADER))
    return dataclasses.replace(with_litert, variables=variables)


@pytest.fixture(scope="module")
def on_cpu(with_litert: HotSpot, demo_bundle: Path) -> Classification:
    return with_litert.classify(demo_bundle)


@pytest.fixture(scope="module")
def on_swiftshader(on_gpu: HotSpot, demo_bundle: Path) -> Classification:
    return on_gpu.classify(demo_bundle, accelerator="gpu")


def on_this_machine(bundle: Path, path: str) -> NDArray[np.float32]:
    """What Python's runner makes of the golden vectors."""
    golden = GoldenVectors.load(bundle / "golden.npz")
    with TFLiteRunner(bundle / path) as runner:
        preprocessing = read_manifest(bundle).preprocessing_spec()
        return runner.run_pixels(golden.pixels, preprocessing)["logits"]


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_cpu_computes_what_python_does(
    on_cpu: Classification, demo_bundle: Path, precision: str
) -> None:
    path = f"demo-{precision}.tflite"
    outcome = on_cpu.files[path]
    assert outcome.failure is None
    assert outcome.runtime == "LiteRT 2.3.0"
    expected = on_this_machine(demo_bundle, path)
    np.testing.assert_allclose(outcome.golden, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("precision", ON_GPU)
def test_the_gpu_keeps_what_the_gpu_target_keeps(
    on_swiftshader: Classification, demo_bundle: Path, precision: str
) -> None:
    path = f"demo-{precision}.tflite"
    outcome = on_swiftshader.files[path]
    assert outcome.failure is None
    least = same_file_db(precision, half=False, trained=True)
    assert least is not None
    assert sqnr(on_this_machine(demo_bundle, path), outcome.golden) > least


def test_pixels_and_integers_go_in(
    with_litert: HotSpot, demo_model: LoadedModel, tmp_path: Path
) -> None:
    specs = [ExportSpec("tflite", input="image"), ExportSpec.of("tflite", "int8", io="int8")]
    evaluation = evaluation_of(demo_model, 100)
    export_model(demo_model, tmp_path / "b", specs, evaluation=evaluation, runs=1)
    files = with_litert.classify(tmp_path / "b").files
    assert len(files) == 2
    for path, outcome in files.items():
        expected = on_this_machine(tmp_path / "b", path)
        np.testing.assert_allclose(outcome.golden, expected, rtol=0, atol=1e-5)


def test_half_precision_is_passed_on(
    with_litert: HotSpot, gpu_lab: Lab, slight_model: tuple[str, ...], tmp_path: Path
) -> None:
    few = ("--evaluation-images", "8", "--runs", "1", "--quiet")
    assert export([*slight_model, "--to", "tflite", "--output", str(tmp_path / "b"), *few]) == 0
    variables = gpu_variables(gpu_environment(gpu_lab, LAVAPIPE))
    device = dataclasses.replace(with_litert, variables=variables)
    expected = on_this_machine(tmp_path / "b", "slight-fp32.tflite")
    found = {
        accelerator: sqnr(
            expected,
            device.classify(tmp_path / "b", accelerator=accelerator)
            .files["slight-fp32.tflite"]
            .golden,
        )
        for accelerator in ("gpu", "gpu-fp16")
    }
    assert found["gpu"] > 100
    assert 35 < found["gpu-fp16"] < 90


def test_what_the_gpu_compiled_is_kept(
    on_gpu: HotSpot, on_swiftshader: Classification, demo_bundle: Path, tmp_path: Path
) -> None:
    keeping = dataclasses.replace(on_gpu, cache=tmp_path / "gpu")
    bundle = with_only(demo_bundle, tmp_path / "b", "demo-fp32.tflite")
    for _ in range(2):
        found = keeping.classify(bundle, accelerator="gpu").files["demo-fp32.tflite"].golden
        expected = on_swiftshader.files["demo-fp32.tflite"].golden
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    digest = hashlib.sha256((bundle / "demo-fp32.tflite").read_bytes()).hexdigest()
    kept = [path.name for path in (tmp_path / "gpu").iterdir()]
    assert kept
    assert all(digest in name for name in kept)


def test_packed_weights_are_kept_by_the_models_content(
    with_litert: HotSpot, demo_bundle: Path, tmp_path: Path
) -> None:
    """XNNPACK would take another model's, and compute with them."""
    keeping = dataclasses.replace(with_litert, cache=tmp_path / "cache")
    bundle = with_only(demo_bundle, tmp_path / "b", "demo-int8.tflite")
    content = (bundle / "demo-int8.tflite").read_bytes()
    expected = on_this_machine(bundle, "demo-int8.tflite")
    for _ in range(2):
        found = keeping.classify(bundle).files["demo-int8.tflite"].golden
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    (kept,) = (tmp_path / "cache").iterdir()
    assert hashlib.sha256(content).hexdigest() in kept.name
    assert kept.stat().st_size > len(content) // 2


@pytest.mark.parametrize("left", [0, 100, -100])
def test_packed_weights_that_are_not_whole_are_packed_anew(
    with_litert: HotSpot, demo_bundle: Path, tmp_path: Path, left: int
) -> None:
    keeping = dataclasses.replace(with_litert, cache=tmp_path / "cache")
    bundle = with_only(demo_bundle, tmp_path / "b", "demo-int8.tflite")
    expected = keeping.classify(bundle).files["demo-int8.tflite"].golden
    (kept,) = (tmp_path / "cache").iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(whole[:left])
    found = keeping.classify(bundle).files["demo-int8.tflite"].golden
    np.testing.assert_array_equal(found, expected)
    assert kept.read_bytes() == whole


def test_a_folder_that_takes_no_weights_is_done_without(
    with_litert: HotSpot, demo_bundle: Path, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("a file")
    keeping = dataclasses.replace(with_litert, cache=tmp_path / "cache")
    bundle = with_only(demo_bundle, tmp_path / "b", "demo-int8.tflite")
    found = keeping.classify(bundle).files["demo-int8.tflite"].golden
    np.testing.assert_allclose(found, on_this_machine(bundle, "demo-int8.tflite"), atol=1e-5)


def failures(hotspot: HotSpot, bundle: Path) -> set[str]:
    """Why a GPU runs none of the TFLite files of a bundle, without their names."""
    files = hotspot.classify(bundle, accelerator="gpu").files
    told = {str(item.failure) for name, item in files.items() if name.endswith(".tflite")}
    return {text.partition(": ")[2] for text in told}


def test_an_app_without_the_gpus_library_says_so(
    with_litert: HotSpot, android_bundle: Path
) -> None:
    assert failures(with_litert, android_bundle) == {
        "LiteRT finds no GPU; this phone has none that it can use, or the app was built without"
        " com.google.ai.edge.litert:litert-gpu"
    }


def test_a_machine_without_a_gpu_says_so(with_litert: HotSpot, android_bundle: Path) -> None:
    nowhere = dataclasses.replace(with_litert, variables=gpu_variables(NO_DEVICE))
    (told,) = failures(nowhere, android_bundle)
    assert (
        told == "the GPU cannot run it (LiteRtCreateCompiledModel gives status 3); choose the cpu"
    )


def test_ops_that_a_gpu_refuses_are_told(
    on_gpu: HotSpot, android_bundle: Path, refused_file: Path, tmp_path: Path
) -> None:
    path = "demo-fp32.tflite"
    bundle = with_file(android_bundle, tmp_path / "b", path, refused_file.read_bytes())
    told = str(on_gpu.classify(bundle, accelerator="gpu").files[path].failure)
    assert told.startswith(f"{path}: the GPU does not take all of it (")
    assert told.endswith("; its log names the ops; choose the cpu")


def test_the_runner_keeps_its_promises(with_litert: HotSpot, android_bundle: Path) -> None:
    """What the app's classes do; each of these tests is one of JUnit's."""
    run = with_litert.run_tests(android_bundle)
    assert not run.failed, run.failed
    assert len(run.passed) >= 4


def test_one_environment_serves_a_process(with_litert: HotSpot, android_bundle: Path) -> None:
    done = subprocess.run(
        with_litert.command("classify", "cpu", android_bundle), capture_output=True, text=True
    )
    assert done.stdout.count('"runtime":"LiteRT') == 2
    assert done.stderr.count("Creating LiteRT environment") == 1


def members(app: Compilation) -> set[str]:
    """The members of what stands for LiteRT's classes, as the record states them."""
    classes = app.classes("stubs")
    names = [
        str(path.relative_to(classes).with_suffix("")).replace("/", ".")
        for path in classes.rglob("com/google/**/*.class")
    ]
    return members_of(app.toolchain, [app.litert], names)


def test_what_stands_for_litert_has_its_signatures(android_app: Compilation) -> None:
    lines = SIGNATURES.read_text(encoding="utf-8").splitlines()
    known = {line for line in lines if line and not line.startswith("#")}
    found = members(android_app)
    assert len(found) > 60
    assert not found - known


def test_every_native_method_is_there(android_app: Compilation, hotspot: HotSpot) -> None:
    library = (hotspot.libraries / "liblitert_jni.so").read_bytes()
    native = [text for text in members(android_app) if " native " in text]
    assert len(native) == 13
    for text in native:
        owner, _, rest = text.partition(" ")
        name = re.findall(r"(\w+)\(", rest)[0]
        assert f"Java_com_google_ai_edge_litert_{owner}_{name}\0".encode() in library
