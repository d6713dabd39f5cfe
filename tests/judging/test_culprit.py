"""Files of every format with one wrong op, which is named; and sound ones, of which none is."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lowformer_edge.artifact.golden import GoldenVectors
from lowformer_edge.export.eager import eager_trace
from lowformer_edge.export.rewrites.table import rewrite
from lowformer_edge.judging.culprit import find_culprit, find_difference
from lowformer_edge.models.loading import LoadedModel
from lowformer_edge.runtime.formats import format_of
from lowformer_edge.runtime.tflite.tracer import TFLiteTracer
from lowformer_edge.runtime.trace import Trace
from lowformer_edge.tasks.closeness import sqnr

TARGETS = {"tflite": "tflite", "onnx": "onnx", "pte": "executorch", "mlpackage": "coreml"}
PRECISIONS = ("fp32", "int8")
FILES = [f"demo-{precision}.{suffix}" for suffix in TARGETS for precision in PRECISIONS]

ATTENTION = "backbone.stages.2.op_list.1.total.0.0.main"
FIRST = "backbone.input_stem.op_list.0.conv"
DEPTHWISE = "backbone.stages.3.op_list.1.total.1.main.depth_conv.conv"
LAST = "head.op_list.3.linear"

CONV = {"tflite": "CONV_2D", "onnx": "Conv", "pte": "Conv2d", "mlpackage": "conv"}
KINDS = {
    FIRST: CONV,
    DEPTHWISE: CONV | {"tflite": "DEPTHWISE_CONV_2D", "pte": "DepthwiseConv2d"},
    f"{ATTENTION}.1.pwise": CONV,
    f"{ATTENTION}.0": {
        "tflite": "MUL",
        "onnx": "Mul",
        "pte": "DepthwiseConv2d",
        "mlpackage": "batch_norm",
    },
    LAST: CONV | {"tflite": "FULLY_CONNECTED", "onnx": "Gemm", "pte": "FullyConnected"},
}
"""The kinds of the ops that hold a module's weights."""

MULTIPLIERS = {"pte": "gamma", "mlpackage": "1.weight"}
"""What a norm's multiplier is called, where it is not its weight."""


@dataclasses.dataclass(frozen=True)
class Reference:
    """The demo model as it was rewritten for a target, with an image."""

    weights: dict[str, NDArray[Any]]
    images: NDArray[np.float32]
    trace: Trace


@pytest.fixture(scope="module")
def references(all_formats_bundle: Path, demo_model: LoadedModel) -> Callable[[str], Reference]:
    golden = GoldenVectors.load(all_formats_bundle / "golden.npz")
    images = demo_model.preprocessing.normalise(golden.pixels[:1])
    known: dict[str, Reference] = {}

    def reference(name: str) -> Reference:
        suffix = name.rpartition(".")[2]
        if suffix not in known:
            model = rewrite(demo_model.network, TARGETS[suffix])
            weights = {key: value.numpy() for key, value in model.state_dict().items()}
            known[suffix] = Reference(weights, images, eager_trace(model, images))
        return known[suffix]

    return reference


@pytest.mark.parametrize("name", FILES)
def test_a_sound_file_has_no_culprit(
    name: str, all_formats_bundle: Path, references: Callable[[str], Reference]
) -> None:
    path, reference = all_formats_bundle / name, references(name)
    tracer = format_of(path).open_tracer(path)
    bits = 24 if "fp32" in name else 1
    assert find_culprit(tracer, reference.images, reference.trace, bits) is None


@pytest.mark.parametrize("name", FILES)
def test_ops_by_themselves_make_the_logits_of_the_whole(
    name: str, all_formats_bundle: Path, references: Callable[[str], Reference]
) -> None:
    path, reference = all_formats_bundle / name, references(name)
    tracer = format_of(path).open_tracer(path)
    trace = tracer.trace(reference.images)
    with format_of(path).runner(path, 1) as runner:
        logits = runner.run(reference.images)["logits"]
    # Computed one by one, some quantized values land on the next step.
    assert sqnr(logits, trace.values[tracer.outputs[0].value]) > (40 if "int8" in name else 110)
    assert trace.ops[-1].outputs == (tracer.outputs[0].value,)
    assert bool(trace.steps) is ("int8" in name)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("module", "twice"),
    [
        (FIRST, None),
        (DEPTHWISE, 1.0),
        (f"{ATTENTION}.0", 1.0),
        # The softmax's scale is part of the queries' third.
        (f"{ATTENTION}.1.pwise", 1 / 3),
        (LAST, 1.0),
    ],
)
def test_the_op_with_wrong_numbers_is_named(
    name: str,
    module: str,
    twice: float | None,
    all_formats_bundle: Path,
    references: Callable[[str], Reference],
    damage_file: Callable[[Path, NDArray[Any], float | None], None],
    tmp_path: Path,
) -> None:
    reference, suffix = references(name), name.rpartition(".")[2]
    path = tmp_path / name
    copy = shutil.copytree if suffix == "mlpackage" else shutil.copy
    copy(all_formats_bundle / name, path)
    is_norm = module == f"{ATTENTION}.0"
    parameter = MULTIPLIERS.get(suffix, "weight") if is_norm else "weight"
    damage_file(path, reference.weights[f"{module}.{parameter}"], twice)
    bits = 24 if "fp32" in name else 1
    culprit = find_culprit(
        format_of(path).open_tracer(path), reference.images, reference.trace, bits
    )
    assert culprit is not None
    kind = KINDS[module][suffix]
    if (module, name) == (LAST, "demo-int8.onnx"):
        # Its product is bare integers, which three ops bring to scale.
        kind = "MatMulInteger"
        assert culprit.among == (
            *("logits_multiply", "logits_cast", "logits_scales", "logits_scale"),
        )
    else:
        assert culprit.among == (culprit.name,)
    assert culprit.kind == kind
    assert culprit.module is not None
    assert culprit.module == (f"{module}.1" if is_norm and suffix == "mlpackage" else module)
    assert culprit.equal_inputs
    assert culprit.sqnr_db is not None
    assert culprit.max_difference is not None
    assert culprit.max_difference > 0.1
    if twice == 1.0:
        # Twice the value is wrong by the value itself; a bias is not doubled.
        assert culprit.sqnr_db == pytest.approx(0, abs=0.5)
    elif twice is None:
        assert culprit.sqnr_db < 0
    else:
        assert 10 < culprit.sqnr_db < 18


@pytest.mark.parametrize("name", ["demo-fp32.tflite", "demo-int8.tflite"])
def test_one_run_of_the_whole_agrees_with_its_ops(
    name: str, all_formats_bundle: Path, references: Callable[[str], Reference]
) -> None:
    images = references(name).images
    tracer = TFLiteTracer(all_formats_bundle / name)
    whole = tracer.traced_whole(images)
    assert whole.values.keys() == tracer.trace(images).values.keys()
    assert find_difference(whole, tracer) is None
    assert find_difference(whole, tracer.trace(images)) is None


@pytest.mark.parametrize("name", FILES)
def test_an_op_that_another_runtime_computes_wrongly_is_named(
    name: str, all_formats_bundle: Path, references: Callable[[str], Reference]
) -> None:
    path, images = all_formats_bundle / name, references(name).images
    tracer = format_of(path).open_tracer(path)
    wrong = tracer.ops[len(tracer.ops) // 2]
    values = tracer.inputs(images)
    for op in tracer.ops:
        outputs = tracer.compute(op, values)
        if op is wrong:
            outputs = {key: (value * 1.25).astype(value.dtype) for key, value in outputs.items()}
        values |= outputs
    found = Trace(tracer.ops, values, tracer.steps())
    for expected in (tracer, tracer.trace(images)):
        culprit = find_difference(found, expected)
        assert culprit is not None
        assert (culprit.kind, culprit.name) == (wrong.kind, wrong.name)
        assert culprit.sqnr_db == pytest.approx(12.04, abs=0.01)  # 20 log10(1 / 0.25)


def test_quantized_values_may_be_steps_apart(
    all_formats_bundle: Path, references: Callable[[str], Reference]
) -> None:
    name = "demo-int8.tflite"
    images = references(name).images
    tracer = TFLiteTracer(all_formats_bundle / name)
    trace = tracer.trace(images)
    (op, *_) = (op for op in tracer.ops if op.kind == "DEPTHWISE_CONV_2D")
    (output,) = op.outputs
    step = trace.steps[output]
    moved = {**trace.values, output: trace.values[output] + np.float32(2 * step)}
    found = dataclasses.replace(trace, values=moved)
    after = find_difference(found, trace)
    assert after is None
    strict = find_difference(found, trace, steps=1.0)
    assert strict is not None
    assert strict.name == op.name
    assert strict.max_difference == pytest.approx(2 * step, rel=1e-4)
