"""Real exports of small models, run on ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from lowformer_edge.artifact.samples import Samples
from lowformer_edge.calibration.ranges import QUANTIZABLE
from lowformer_edge.calibration.recipe import Recipe, Rule
from lowformer_edge.calibration.simulation import simulated
from lowformer_edge.errors import ExportError, UsageError
from lowformer_edge.export import legality
from lowformer_edge.export.onnx.exporter import OPSET, OnnxExporter
from lowformer_edge.export.onnx.quantization import match_nodes
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.loading import LoadedModel
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.runtime.onnx.residency import residency
from lowformer_edge.runtime.onnx.runner import OnnxRunner, open_session, read_metadata, tensors
from lowformer_edge.runtime.onnx.stored_graph import read_stored_graph
from lowformer_edge.tasks.closeness import sqnr

from ..conversion import FOLLOWS_DB, SPEC, Conversion

OnnxConversion = Conversion[OnnxExporter]


@pytest.fixture(scope="module")
def conversion(tiny_config: LowFormerConfig, noise_images: Samples) -> OnnxConversion:
    return Conversion(OnnxExporter, tiny_config, noise_images)


def run(path: Path, inputs: np.ndarray) -> np.ndarray:
    with OnnxRunner(path) as runner:
        assert (runner.batch, runner.height, runner.width, runner.num_classes) == (1, 64, 64, 5)
        return runner.run(inputs)["logits"]


def test_float32_follows_the_model(
    conversion: OnnxConversion, inputs: np.ndarray, tmp_path: Path
) -> None:
    found = run(conversion.write(ExportSpec("onnx"), tmp_path), inputs)
    assert np.abs(conversion.reference(inputs) - found).max() < 1e-4


def test_float16_halves_the_weights_and_keeps_float_inputs(
    conversion: OnnxConversion, inputs: np.ndarray, tmp_path: Path
) -> None:
    path = conversion.write(ExportSpec("onnx", "fp16"), tmp_path)
    assert sqnr(conversion.reference(inputs), run(path, inputs)) > 45
    weights = [item for item in onnx.load(str(path)).graph.initializer if len(item.dims) == 4]
    assert weights
    assert {item.data_type for item in weights} == {onnx.TensorProto.FLOAT16}


def test_files_are_of_the_versions_that_readme_states(
    conversion: OnnxConversion, tmp_path: Path
) -> None:
    stored = read_stored_graph(conversion.write(ExportSpec("onnx", "int8"), tmp_path))
    assert (stored.ir_version, stored.opsets) == (10, {"ai.onnx": 20})
    assert stored.oldest_runtime == "1.18"


def test_int8_follows_its_simulation_and_every_group_is_fused(
    conversion: OnnxConversion, inputs: np.ndarray, tmp_path: Path
) -> None:
    spec = ExportSpec("onnx", "int8")
    path = conversion.write(spec, tmp_path)
    model = conversion.exporter.model
    precisions = OnnxExporter.precisions_of(spec, model)
    with torch.no_grad(), simulated(model, conversion.ranges, precisions):
        expected = model(torch.from_numpy(inputs)).numpy()
    assert sqnr(expected, run(path, inputs)) > FOLLOWS_DB
    where = residency(path)
    assert where.refused == ()
    static = sum(precision == "int8" for precision in precisions.values())
    dynamic = sum(precision == "int8-dynamic" for precision in precisions.values())
    assert where.op_counts["QLinearConv"] == static
    assert where.op_counts["DynamicQuantizeMatMul"] == dynamic
    assert not {"Conv", "FusedConv", "MatMulInteger"} & set(where.op_counts)


def test_int8_stores_every_weight_in_int8(conversion: OnnxConversion, tmp_path: Path) -> None:
    path = conversion.write(ExportSpec("onnx", "int8"), tmp_path)
    modules = conversion.exporter.model.modules()
    shapes = {tuple(module.weight.shape) for module in modules if isinstance(module, QUANTIZABLE)}
    floats = [
        tuple(item.dims)
        for item in onnx.load(str(path)).graph.initializer
        if item.data_type == onnx.TensorProto.FLOAT
    ]
    assert floats
    assert not shapes & set(floats)


def test_weights_that_are_unpacked_are_so_when_the_file_is_loaded(
    conversion: OnnxConversion, tmp_path: Path
) -> None:
    optimized = tmp_path / "optimized.onnx"
    open_session(conversion.write(ExportSpec("onnx", "int8"), tmp_path), optimized=optimized)
    graph = onnx.load(str(optimized)).graph
    constants = {item.name for item in graph.initializer}
    weights = [node.input[1] for node in graph.node if node.op_type == "ConvTranspose"]
    assert weights
    assert constants.issuperset(weights)


def test_groups_that_the_runtime_does_not_fuse_are_named(
    conversion: OnnxConversion, tmp_path: Path
) -> None:
    path = conversion.write(ExportSpec("onnx", "int8"), tmp_path)
    model = onnx.load(str(path))
    conv = next(node for node in model.graph.node if node.op_type == "Conv")
    for node in list(model.graph.node):
        if node.op_type == "QuantizeLinear" and node.input[0] == conv.output[0]:
            pair = next(other for other in model.graph.node if node.output[0] in other.input)
            model.graph.node.remove(node)
            model.graph.node.remove(pair)
            conv.output[0] = pair.output[0]
    onnx.save(model, str(path))
    (refused,) = residency(path).refused
    assert refused.name == conv.name


def test_files_are_clean_and_tell_what_they_are(conversion: OnnxConversion, tmp_path: Path) -> None:
    for precision in ("fp32", "fp16", "int8"):
        spec = ExportSpec("onnx", precision)
        path = conversion.write(spec, tmp_path)
        model = onnx.load(str(path))
        onnx.checker.check_model(model, full_check=True)
        assert {item.domain: item.version for item in model.opset_import}[""] == OPSET
        assert str(Path(__file__).parents[3]).encode() not in path.read_bytes()
        assert b"site-packages" not in path.read_bytes()
        metadata = read_metadata(path)
        assert metadata is not None
        assert ExportSpec.from_dict(metadata["spec"]) == spec
        (image,), (logits,) = tensors(path)
        assert (image.name, image.shape, image.layout) == ("image", (1, 3, 64, 64), "NCHW")
        assert (logits.name, logits.shape) == ("logits", (1, 5))


@pytest.mark.heavy
@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_an_open_batch_takes_any_number(
    precision: str, conversion: OnnxConversion, inputs: np.ndarray, tmp_path: Path
) -> None:
    path = conversion.write(ExportSpec.of("onnx", precision, dynamic_batch=True), tmp_path)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    one = np.concatenate([session.run(None, {"image": image[None]})[0] for image in inputs])
    for count in (2, 5):
        (found,) = session.run(None, {"image": inputs[:count]})
        if precision == "fp32":
            assert np.abs(found - one[:count]).max() < 1e-4
        assert sqnr(one[:count], found) > 25


def test_fixed_batches(
    tiny_config: LowFormerConfig, noise_images: Samples, inputs: np.ndarray, tmp_path: Path
) -> None:
    conversion = Conversion(OnnxExporter, tiny_config, noise_images, batch=3)
    path = conversion.write(ExportSpec("onnx", batch=3), tmp_path)
    with OnnxRunner(path) as runner:
        assert runner.batch == 3
        found = runner.run(inputs)["logits"]
    assert np.abs(conversion.reference(inputs) - found).max() < 1e-4


def test_static_linear_layers_are_legal_and_transposed_convolutions_not(
    conversion: OnnxConversion, inputs: np.ndarray, tmp_path: Path
) -> None:
    spec = ExportSpec.of("onnx", "int8", recipe=Recipe((Rule("int8", op="linear"),)))
    path = conversion.write(spec, tmp_path)
    assert residency(path).refused == ()
    assert sqnr(conversion.reference(inputs), run(path, inputs)) > 20
    for kind, precision in (("transposed_conv", "int8"), ("conv", "int8-dynamic")):
        spec = ExportSpec.of("onnx", "int8", recipe=Recipe((Rule(precision, op=kind),)))
        with pytest.raises(UsageError, match=f"cannot be {precision}: ONNX Runtime"):
            conversion.export(spec)


def test_transposed_convolutions_would_not_be_fused(
    conversion: OnnxConversion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(legality.REFUSED, "onnx", {})
    spec = ExportSpec.of("onnx", "int8", recipe=Recipe((Rule("int8", op="transposed_conv"),)))
    refused = residency(conversion.write(spec, tmp_path)).refused
    assert {op.kind for op in refused} == {"ConvTranspose"}


def test_a_model_that_is_not_the_graphs_own_is_an_error(
    conversion: OnnxConversion, tiny_config: LowFormerConfig, tmp_path: Path
) -> None:
    proto = onnx.load(str(conversion.write(ExportSpec("onnx"), tmp_path)))
    other = OnnxExporter(
        LoadedModel(random_model(tiny_config, seed=1), SPEC, None, "random weights", None)
    )
    with pytest.raises(ExportError, match="no node has the weights of"):
        match_nodes(proto.graph, other.model)
