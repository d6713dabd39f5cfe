"""Files of every format computed in half precision, op by op."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lowformer_edge import demo, export_model, load_model, open_images
from lowformer_edge.artifact.accumulation import ACCUMULATIONS, Accumulation
from lowformer_edge.artifact.bundle import open_bundle
from lowformer_edge.export.eager import EagerModel
from lowformer_edge.judging.half_run import HalfRun, open_half_tracer
from lowformer_edge.progress import QUIET
from lowformer_edge.runtime.arithmetic import SINGLE
from lowformer_edge.runtime.formats import format_of
from lowformer_edge.runtime.onnx import half_kernels as onnx_kernels
from lowformer_edge.runtime.tflite import half_kernels as tflite_kernels
from lowformer_edge.targets.registry import open_target
from lowformer_edge.targets.target import Work
from lowformer_edge.tasks.closeness import sqnr

SUFFIXES = ("tflite", "onnx", "pte", "mlpackage")
KERNELS = {"tflite": tflite_kernels.KERNELS, "onnx": onnx_kernels.KERNELS}


@pytest.fixture(scope="session")
def half_files(
    made_once: Callable[[str, Callable[[Path], None]], Path],
    demo_bundle: Path,
    coreml_bundles: Path,
) -> dict[str, Path]:
    """The demo model in fp16, by suffix."""

    def make(folder: Path) -> None:
        model = load_model()
        evaluation = open_images(demo.EVALUATION, model, count=20)
        specs = ["onnx/fp16", "executorch/fp16"]
        export_model(model, folder / "half", specs, evaluation=evaluation, runs=1)

    folders = {"tflite": demo_bundle, "mlpackage": coreml_bundles / "tensor"}
    other = made_once("half", make) / "half"
    return {
        suffix: next(folders.get(suffix, other).glob(f"*fp16*.{suffix}")) for suffix in SUFFIXES
    }


@pytest.fixture(scope="session")
def golden(demo_bundle: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Normalised images, and the eager model's logits."""
    bundle = open_bundle(demo_bundle)
    vectors = bundle.golden()
    return bundle.preprocessing.normalise(vectors.pixels[:4]), vectors.outputs["logits"][:4]


Golden = tuple[NDArray[np.float32], NDArray[np.float32]]


def computed(path: Path, golden: Golden, accumulation: Accumulation) -> float:
    """How closely a file in half precision follows the eager model, in dB."""
    images, logits = golden
    run = HalfRun(open_half_tracer(path, accumulation))
    outputs = run.outputs(images, lambda count: None)
    assert run.overflowing is None
    return sqnr(logits, outputs["logits"])


@pytest.mark.heavy
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_files_keep_their_promise_in_half_precision(
    suffix: str, half_files: dict[str, Path], golden: Golden
) -> None:
    path = half_files[suffix]
    rounded, half = (computed(path, golden, one) for one in ACCUMULATIONS[::-1])
    assert rounded > 50
    assert half > 40
    if suffix != "tflite":  # of which the sums begin without the bias
        assert half < rounded - 3


@pytest.mark.parametrize("suffix", KERNELS)
def test_kernels_compute_what_the_runtime_does(
    suffix: str, half_files: dict[str, Path], golden: Golden
) -> None:
    """In float32 they give what the runtime gives from the same inputs."""
    path = half_files[suffix]
    tracer = format_of(path).open_tracer(path)
    ours = format_of(path).open_tracer(path, SINGLE)
    values = tracer.inputs(golden[0][:1])
    kinds = set()
    for op in tracer.ops:
        given = tracer.compute(op, values)
        if op.kind in KERNELS[suffix]:
            kinds.add(op.kind)
            (found,) = ours.compute(op, values).values()
            (expected,) = given.values()
            assert sqnr(expected, found) > 60, op.name
        values |= given
    assert kinds == KERNELS[suffix].keys()


@pytest.mark.parametrize("suffix", ["tflite", "onnx"])
def test_images_are_computed_by_themselves(
    suffix: str, half_files: dict[str, Path], golden: Golden
) -> None:
    images, logits = golden
    both, one = (
        HalfRun(open_half_tracer(half_files[suffix], "float32")).outputs(part, lambda count: None)
        for part in (images[:2], images[:1])
    )
    assert both["logits"].shape == logits[:2].shape
    np.testing.assert_array_equal(both["logits"][:1], one["logits"])


@pytest.mark.heavy
@pytest.mark.parametrize(("suffix", "target"), [("tflite", "gpu:fp16"), ("pte", "arm:cortex-a76")])
def test_half_precision_loses_what_it_loses_there(
    suffix: str, target: str, half_files: dict[str, Path], request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("gpu_lab" if suffix == "tflite" else "arm_lab")
    model = load_model()
    samples = open_images(demo.EVALUATION, model, count=24)
    eager = EagerModel(model.network, model.preprocessing)
    logits = eager.outputs(samples.pixels, lambda count: None)["logits"]
    work = Work([half_files[suffix]], samples.pixels, model.preprocessing)
    (ran,) = open_target(target).run(work, QUIET).ran
    assert ran.outputs is not None
    images = model.preprocessing.normalise(samples.pixels)
    here = computed(half_files[suffix], (images, logits), "float16")
    assert abs(here - sqnr(logits, ran.outputs["logits"])) < 1
