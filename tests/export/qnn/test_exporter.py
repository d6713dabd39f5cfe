"""Graphs for Snapdragon NPUs, computed by ONNX Runtime's CPU kernels: no simulator is needed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from lowformer_edge.artifact.samples import Samples
from lowformer_edge.calibration.recipe import Recipe, Rule
from lowformer_edge.calibration.simulation import simulated
from lowformer_edge.errors import DataError, UsageError
from lowformer_edge.export.qnn.exporter import OPSET, QnnExporter
from lowformer_edge.export.qnn.quantization import QnnQuantizer
from lowformer_edge.export.qnn.tensor_ranges import MARGIN, tensor_ranges
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.onnx_cost import int8_products, macs_and_params
from lowformer_edge.runtime.onnx.residency import residency
from lowformer_edge.runtime.onnx.runner import OnnxRunner, read_metadata
from lowformer_edge.tasks.closeness import sqnr

from ..conversion import SPEC, Conversion

QnnConversion = Conversion[QnnExporter]


@pytest.fixture(scope="module")
def conversion(attentive_config: LowFormerConfig, noise_images: Samples) -> QnnConversion:
    conversion = Conversion(QnnExporter, attentive_config, noise_images)
    conversion.exporter.observe(noise_images)
    return conversion


def run(path: Path, inputs: np.ndarray) -> np.ndarray:
    with OnnxRunner(path) as runner:
        return runner.run(inputs)["logits"]


@pytest.mark.parametrize(("precision", "least"), [("fp16", 45), ("w8a16", 35), ("int8", 18)])
def test_graphs_follow_the_model(
    precision: str, least: float, conversion: QnnConversion, inputs: np.ndarray, tmp_path: Path
) -> None:
    path = conversion.write(ExportSpec("qnn", precision), tmp_path)
    reference = conversion.reference(inputs)
    assert sqnr(reference, run(path, inputs)) > least
    model = onnx.load(str(path))
    assert {item.domain: item.version for item in model.opset_import}[""] == OPSET
    metadata = read_metadata(path)
    assert metadata is not None
    assert ExportSpec.from_dict(metadata["spec"]) == ExportSpec("qnn", precision)
    assert residency(path).delegate is None


@pytest.mark.parametrize("precision", ["w8a16", "int8"])
def test_no_op_is_left_in_floats(precision: str, conversion: QnnConversion, tmp_path: Path) -> None:
    graph = onnx.load(str(conversion.write(ExportSpec("qnn", precision), tmp_path))).graph
    kinds = {item.name: item.data_type for item in graph.initializer}
    makers = {name: node for node in graph.node for name in node.output}
    steps = {node.output[0] for node in graph.node if node.op_type == "QuantizeLinear"}
    bits = set()
    for node in graph.node:
        if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            continue
        for name in filter(None, node.input):
            if kinds.get(name) == onnx.TensorProto.INT64:
                continue
            maker = makers[name]
            assert maker.op_type == "DequantizeLinear", f"{node.op_type} takes {name} in floats"
            if maker.input[0] in steps:
                bits.add((node.op_type == "Conv", kinds[maker.input[2]]))
        (taker,) = [other for other in graph.node if node.output[0] in other.input]
        assert taker.op_type == "QuantizeLinear", f"{node.op_type} gives floats"
    activations = onnx.TensorProto.UINT8 if precision == "int8" else onnx.TensorProto.UINT16
    assert {kind for is_conv, kind in bits if is_conv} == {activations}
    assert {kind for is_conv, kind in bits if not is_conv} <= {
        onnx.TensorProto.UINT16,
        activations,
    }


def test_ops_that_only_move_values_keep_their_scale(
    conversion: QnnConversion, tmp_path: Path
) -> None:
    graph = onnx.load(str(conversion.write(ExportSpec("qnn", "w8a16"), tmp_path))).graph
    values = {item.name: onnx.numpy_helper.to_array(item) for item in graph.initializer}
    makers = {name: node for node in graph.node for name in node.output}
    seen = 0
    for node in graph.node:
        if node.op_type not in ("Slice", "Reshape", "Transpose"):
            continue
        (taker,) = [other for other in graph.node if node.output[0] in other.input]
        taken = makers[node.input[0]]
        assert values[taken.input[1]] == values[taker.input[1]]
        assert values[taken.input[2]] == values[taker.input[2]]
        seen += 1
    assert seen > 3


def test_a_recipe_mixes_bits_and_its_simulation_agrees(
    conversion: QnnConversion, inputs: np.ndarray, tmp_path: Path
) -> None:
    recipe = Recipe((Rule("w8a16"), Rule("int8", op="depthwise_conv")))
    spec = ExportSpec.of("qnn", "int8", recipe=recipe)
    path, model = conversion.write(spec, tmp_path), conversion.exporter.model
    reference = conversion.reference(inputs)
    with torch.no_grad(), simulated(model, conversion.ranges, recipe.assign(model)):
        expected = model(torch.from_numpy(inputs)).numpy()
    assert sqnr(reference, run(path, inputs)) > sqnr(reference, expected) - 4
    macs, _ = macs_and_params(path)
    (tmp_path / "coarse").mkdir()
    coarse = conversion.write(ExportSpec("qnn", "int8"), tmp_path / "coarse")
    assert macs < int8_products(coarse) < int8_products(path) < 2 * macs


def test_ranges_hold_what_was_seen(
    conversion: QnnConversion, noise_images: Samples, inputs: np.ndarray
) -> None:
    proto = conversion.exporter._float32()
    ranges = tensor_ranges(proto, noise_images, SPEC)
    assert ranges["image"] == (float(inputs.min()), float(inputs.max()))
    logits = conversion.reference(inputs)
    assert ranges["logits"] == pytest.approx((logits.min(), logits.max()), abs=1e-3)
    statistics = [node.output[0] for node in proto.graph.node if node.op_type == "Sqrt"]
    assert statistics
    few = noise_images.first(1)
    for name in statistics:
        low, high = tensor_ranges(proto, few, SPEC)[name]
        assert low == high, "of one image there is one value"
        assert ranges[name][1] >= ranges[name][0] * 1.0
        assert ranges[name][1] >= high / MARGIN


def test_values_that_are_no_numbers_are_named(noise_images: Samples) -> None:
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Log", ["image"], ["logits"], "log")],
        "graph",
        [onnx.helper.make_tensor_value_info("image", onnx.TensorProto.FLOAT, (1, 3, 64, 64))],
        [onnx.helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, (1, 3, 64, 64))],
    )
    with pytest.raises(DataError, match="logits: an activation is NaN or infinite on noise"):
        tensor_ranges(onnx.helper.make_model(graph), noise_images, SPEC)


def test_without_images_integers_are_refused(
    attentive_config: LowFormerConfig, noise_images: Samples
) -> None:
    conversion = Conversion(QnnExporter, attentive_config, noise_images)
    with pytest.raises(UsageError, match="need calibration images"):
        conversion.export(ExportSpec("qnn", "w8a16"))


def rounded(bits: Sequence[str]) -> onnx.ModelProto:
    """A chain of hard-swishes of some precisions."""
    names = [f"value{number}" for number in range(len(bits) + 1)]
    nodes = [
        onnx.helper.make_node("HardSwish", [names[number]], [names[number + 1]], f"op{number}")
        for number in range(len(bits))
    ]
    first, last = (
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, (1, 4))
        for name in (names[0], names[-1])
    )
    graph = onnx.helper.make_graph(nodes, "graph", [first], [last])
    model = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", OPSET)], ir_version=10
    )
    precisions = {f"op{number}": value for number, value in enumerate(bits)}
    QnnQuantizer(model, dict.fromkeys(names, (-1.0, 3.0))).quantize(precisions)
    return model


@pytest.mark.parametrize(
    ("bits", "pairs"),
    [
        (("int8", "int8"), 3),
        (("int8", "w8a16"), 4),
        (("w8a16", "fp16", "w8a16"), 4),
        (("fp16", "fp16"), 0),
    ],
)
def test_values_are_rounded_once_for_each_precision(bits: tuple[str, ...], pairs: int) -> None:
    model = rounded(bits)
    onnx.checker.check_model(model, full_check=True)
    kinds = [node.op_type for node in model.graph.node]
    assert kinds.count("QuantizeLinear") == kinds.count("DequantizeLinear") == pairs
