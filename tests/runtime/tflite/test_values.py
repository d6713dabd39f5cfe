"""Every value of a file, as another target computes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lowformer_edge.artifact.golden import GoldenVectors
from lowformer_edge.artifact.manifest import read_manifest
from lowformer_edge.errors import TargetError
from lowformer_edge.judging.culprit import HALF_DB, find_difference
from lowformer_edge.runtime.tflite.tracer import TFLiteTracer
from lowformer_edge.runtime.tflite.values import run_exposed
from lowformer_edge.targets.arm import ArmTarget
from lowformer_edge.targets.gpu import GpuTarget
from lowformer_edge.targets.target import Target


def image_of(bundle: Path) -> np.ndarray:
    manifest = read_manifest(bundle)
    golden = GoldenVectors.load(bundle / manifest.golden.path)
    return manifest.preprocessing_spec().normalise(golden.pixels[:1])


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_the_op_that_another_runtime_computes_wrongly_is_named(
    precision: str, demo_bundle: Path, tmp_path: Path
) -> None:
    image = image_of(demo_bundle)
    tracer = TFLiteTracer(demo_bundle / f"demo-{precision}.tflite")
    path = tmp_path / "exposed.tflite"
    path.write_bytes(tracer.exposed())
    values = run_exposed(path, tracer.feed(image))
    assert find_difference(tracer.read_exposed(image, values), tracer) is None
    ops = tracer.ops
    wrong = next(op for op in ops[len(ops) // 2 :] if op.kind == "CONV_2D")
    place = tracer.shown.index(wrong.outputs[0])
    broken = values[place].astype(np.float32)
    values[place] = np.flip(broken, -1).astype(values[place].dtype)
    culprit = find_difference(tracer.read_exposed(image, values), tracer)
    assert culprit is not None
    assert (culprit.kind, culprit.name) == ("CONV_2D", wrong.name)


def agrees(target: Target, path: Path, image: np.ndarray, least_db: float = 60) -> bool:
    tracer = TFLiteTracer(path)
    found = tracer.read_exposed(image, target.values(path, image))
    return find_difference(found, tracer, least_db=least_db) is None


@pytest.mark.heavy
@pytest.mark.usefixtures("arm_lab")
def test_every_op_on_an_emulated_processor(demo_bundle: Path) -> None:
    image = image_of(demo_bundle)
    assert agrees(ArmTarget("cortex-a76"), demo_bundle / "demo-int8.tflite", image)


@pytest.mark.usefixtures("gpu_lab")
def test_every_op_on_a_gpu(demo_bundle: Path) -> None:
    image = image_of(demo_bundle)
    assert agrees(GpuTarget(), demo_bundle / "demo-fp32.tflite", image, HALF_DB)


def test_other_formats_show_no_values() -> None:
    image = np.zeros((1, 3, 8, 8), np.float32)
    with pytest.raises(TargetError, match="only of TFLite files all values can be seen on arm"):
        ArmTarget("cortex-a53").values(Path("a.pte"), image)
