"""Real conversions of small models, run on the real runtime."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.artifact.size import sides_of
from lowformer_edge.calibration.ranges import ModuleRange
from lowformer_edge.calibration.recipe import Recipe, Rule, uniform
from lowformer_edge.calibration.simulation import simulated
from lowformer_edge.errors import ExportError
from lowformer_edge.export import legality
from lowformer_edge.export.legality import REFUSED
from lowformer_edge.export.options import TFLiteOptions
from lowformer_edge.export.rewrites.table import rewrite
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.export.tflite.exporter import TFLiteExporter, convert, export_tflite
from lowformer_edge.export.tflite.quantization import WEIGHT_INPUT, match_ops, tensor_ranges
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.loading import load_model
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.runtime.tflite.graph import TFLiteGraph
from lowformer_edge.runtime.tflite.metadata import read_metadata
from lowformer_edge.runtime.tflite.residency import residency
from lowformer_edge.runtime.tflite.runner import TFLiteRunner, tensors
from lowformer_edge.tasks.closeness import sqnr

from ..conversion import FOLLOWS_DB, SPEC, Conversion

TFLiteConversion = Conversion[TFLiteExporter]

LEAST_SQNR_DB = {
    ExportSpec(): 100,
    ExportSpec(precision="fp16"): 50,
    ExportSpec(precision="int8"): 20,
    ExportSpec.of(precision="int8", io="int8"): 20,
    ExportSpec(precision="int8-dynamic"): 20,
    ExportSpec(precision="int8-weights"): 20,
}


@pytest.fixture(scope="module")
def conversion(tiny_config: LowFormerConfig, noise_images: Samples) -> TFLiteConversion:
    return Conversion(TFLiteExporter, tiny_config, noise_images)


@pytest.mark.parametrize("spec", LEAST_SQNR_DB, ids=lambda spec: spec.label)
def test_every_precision_follows_the_model_in_one_partition(
    spec: ExportSpec, conversion: TFLiteConversion, inputs: np.ndarray, tmp_path: Path
) -> None:
    path = conversion.write(spec, tmp_path)
    where = residency(path)
    assert where.partitions == 1
    assert where.refused == ()
    with TFLiteRunner(path) as runner:
        assert (runner.batch, runner.height, runner.width, runner.num_classes) == (1, 64, 64, 5)
        found = runner.run(inputs)["logits"]
    assert sqnr(conversion.reference(inputs), found) >= LEAST_SQNR_DB[spec]


@pytest.mark.parametrize("spec", LEAST_SQNR_DB, ids=lambda spec: spec.label)
def test_names_types_and_metadata(
    spec: ExportSpec, conversion: TFLiteConversion, tmp_path: Path
) -> None:
    path = conversion.write(spec, tmp_path)
    (image,), (logits,) = tensors(path)
    assert (image.name, image.shape, image.layout) == ("image", (1, 64, 64, 3), "NHWC")
    assert (logits.name, logits.shape) == ("logits", (1, 5))
    expected = "int8" if spec.options_as(TFLiteOptions).io == "int8" else "float32"
    assert {image.dtype, logits.dtype} == {expected}
    assert (image.quantization is not None) == (spec.options_as(TFLiteOptions).io == "int8")
    metadata = read_metadata(path)
    assert metadata is not None
    assert ExportSpec.from_dict(metadata["spec"]) == spec
    assert Preprocessing.from_dict(metadata["preprocessing"]) == SPEC
    assert metadata["labels"] == list("abcde")


@pytest.mark.heavy
def test_dead_channels_and_dead_ops_stay_finite(
    tiny_config: LowFormerConfig, noise_images: Samples, inputs: np.ndarray, tmp_path: Path
) -> None:
    network = random_model(tiny_config)
    convs = [module for module in network.modules() if isinstance(module, torch.nn.Conv2d)]
    with torch.no_grad():
        convs[0].weight[1] = 0
        convs[len(convs) // 2].weight.zero_()
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                for value in (module.bias, module.running_mean):
                    assert value is not None
                    value.zero_()
    dead = Conversion(TFLiteExporter, tiny_config, noise_images, network=network)
    path = dead.write(ExportSpec(precision="int8"), tmp_path)
    assert residency(path).partitions == 1
    with TFLiteRunner(path) as runner:
        found = runner.run(inputs)["logits"]
    model = dead.exporter.model
    precisions = TFLiteExporter.precisions_of(ExportSpec(precision="int8"), model)
    with torch.no_grad(), simulated(model, dead.ranges, precisions):
        expected = model(torch.from_numpy(inputs)).numpy()
    assert sqnr(expected, found) > FOLLOWS_DB


def test_sizes(conversion: TFLiteConversion, tmp_path: Path) -> None:
    def weight_bytes(precision: str) -> int:
        graph = TFLiteGraph(
            conversion.write(ExportSpec(precision=precision), tmp_path).read_bytes()
        )
        return sum(len(buffer.data) for buffer in graph._model.buffers if buffer.data is not None)

    full = weight_bytes("fp32")
    assert weight_bytes("fp16") < 0.65 * full
    for precision in ("int8", "int8-dynamic", "int8-weights"):
        assert weight_bytes(precision) < 0.5 * full


@pytest.mark.heavy
def test_the_same_spec_gives_the_same_bytes(conversion: TFLiteConversion) -> None:
    for spec in LEAST_SQNR_DB:
        assert conversion.export(spec) == conversion.export(spec)
    again = convert(conversion.exporter.model, 64, 1)
    assert again == conversion.exporter.converted()


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("changes", "batch"),
    [
        ({"input_size": 71}, 1),
        ({"input_size": 100, "fused": False}, 3),
        ({"attention": False, "mlp": False}, 2),
        ({"mlp": False, "attention_strides": (1, 1)}, 1),
    ],
    ids=str,
)
def test_odd_sizes_batches_and_ablations(
    changes: dict[str, object], batch: int, tiny_config: LowFormerConfig, tmp_path: Path
) -> None:
    config = tiny_config.replace(**changes)
    height, width = sides_of(config.input_size)
    pixels = np.random.default_rng(1).integers(0, 256, (5, height, width, 3), np.uint8)
    conversion = Conversion(TFLiteExporter, config, Samples("noise", pixels, None), batch)
    inputs = SPEC.normalise(pixels)
    expected = conversion.reference(inputs)
    for spec, least in ((ExportSpec(batch=batch), 100), (ExportSpec("tflite", "int8"), 18)):
        path = conversion.write(spec, tmp_path)
        with TFLiteRunner(path) as runner:
            assert (runner.batch, runner.height, runner.width) == (batch, height, width)
            assert sqnr(expected, runner.run(inputs)["logits"]) >= least
        assert residency(path).partitions == 1


def test_ranges_meet_the_tensors_that_they_were_taken_from(
    conversion: TFLiteConversion, inputs: np.ndarray
) -> None:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    graph = TFLiteGraph(conversion.exporter.converted())
    expected = tensor_ranges(graph, match_ops(graph, conversion.exporter.model), conversion.ranges)
    interpreter = Interpreter(
        model_content=conversion.exporter.converted(),
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    indices = {tensor["name"]: tensor["index"] for tensor in interpreter.get_tensor_details()}
    extremes = {name: [np.inf, -np.inf] for name in expected}
    for image in np.moveaxis(inputs, 1, -1):
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image[None])
        interpreter.invoke()
        for name, found in extremes.items():
            values = interpreter.get_tensor(indices[name])
            found[:] = min(found[0], values.min()), max(found[1], values.max())
    convolutions = [op for op in graph.ops() if "CONV" in op.name or op.name == "FULLY_CONNECTED"]
    assert len(expected) > 1.5 * len(convolutions)
    for name, bounds in expected.items():
        np.testing.assert_allclose(bounds, extremes[name], rtol=1e-3, atol=1e-3, err_msg=name)


def test_another_models_weights_are_refused(
    conversion: TFLiteConversion, tiny_config: LowFormerConfig
) -> None:
    graph = TFLiteGraph(conversion.exporter.converted())
    other = rewrite(random_model(tiny_config, seed=1), "tflite")
    with pytest.raises(ExportError, match="no module with its weights"):
        match_ops(graph, other)
    more = torch.nn.Sequential(conversion.exporter.model, torch.nn.Linear(5, 5))
    with pytest.raises(ExportError, match="no op has the weights of 1"):
        match_ops(graph, more)


def test_equal_weights_are_told_apart_by_their_order() -> None:
    model = torch.nn.Sequential(*(torch.nn.Conv2d(3, 3, 1) for _ in range(3)))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("weight"):
                parameter.fill_(0.5)
    graph = TFLiteGraph(convert(model, 32, 1))
    matched = match_ops(graph, model)
    assert [op.path for op in matched] == ["0", "1", "2"]
    assert [op.op.name for op in matched] == ["CONV_2D"] * 3
    for before, after in itertools.pairwise(matched):
        assert before.output == after.input


def test_ranges_that_find_no_op_or_no_module_are_refused(conversion: TFLiteConversion) -> None:
    graph = TFLiteGraph(conversion.exporter.converted())
    ops = match_ops(graph, conversion.exporter.model)
    modules = dict(conversion.ranges.modules)
    first = next(iter(modules))

    def found(changed: dict[str, ModuleRange]) -> dict[str, tuple[float, float]]:
        ranges = dataclasses.replace(conversion.ranges, modules=changed)
        return tensor_ranges(graph, ops, ranges)

    with pytest.raises(ExportError, match="nowhere is in one of both only"):
        found({**modules, "nowhere": modules[first]})
    with pytest.raises(ExportError, match="calibrate again"):
        found({path: bounds for path, bounds in modules.items() if path != first})
    moved = {**modules, first: ModuleRange(modules[first].input, (-99.0, 99.0))}
    assert (-99.0, 99.0) in found(moved).values()


def test_a_converter_that_fails_is_one_error() -> None:
    class Unconvertible(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if x.sum() > 0:
                return x
            return -x

    with pytest.raises(ExportError, match="converting to TFLite failed"):
        convert(Unconvertible(), 32, 1)


def weight_types(path: Path) -> list[str]:
    """Types in which weights are stored, in the order of their ops."""
    graph = TFLiteGraph(path.read_bytes())
    stored = {op.outputs[0]: op.inputs[0] for op in graph.ops() if op.name == "DEQUANTIZE"}
    weights = [op.inputs[1] for op in graph.ops() if op.name in WEIGHT_INPUT]
    return [graph.tensor_type(stored.get(tensor, tensor)) for tensor in weights]


def test_a_mixed_recipe_is_one_partition_and_does_what_it_says(
    conversion: TFLiteConversion, inputs: np.ndarray, tmp_path: Path
) -> None:
    recipe = Recipe(
        (
            Rule("int8"),
            Rule("int8-dynamic", op="linear"),
            Rule("int8-weights", op="depthwise_conv"),
            Rule("fp32", name="input_stem"),
            Rule("fp16", name=r"stages\.2"),
        )
    )
    path = conversion.write(ExportSpec(precision="int8", recipe=recipe), tmp_path)
    where = residency(path)
    assert (where.partitions, where.refused) == (1, ())
    with TFLiteRunner(path) as runner:
        assert sqnr(conversion.reference(inputs), runner.run(inputs)["logits"]) > 20
    precisions = recipe.assign(conversion.exporter.model)
    matched = match_ops(TFLiteGraph(conversion.exporter.converted()), conversion.exporter.model)
    expected = {"fp32": "FLOAT32", "fp16": "FLOAT16"}
    assert weight_types(path) == [expected.get(precisions[op.path], "INT8") for op in matched]


@pytest.mark.parametrize(("kind", "precision"), [("depthwise_conv", "int8-dynamic")])
def test_what_the_legality_table_refuses_is_refused_by_the_delegate(
    kind: str,
    precision: str,
    conversion: TFLiteConversion,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert (kind, precision) in REFUSED["tflite"]
    nothing: Mapping[str, Mapping[tuple[str, str], str]] = {"tflite": {}}
    monkeypatch.setattr(legality, "REFUSED", nothing)
    spec = ExportSpec(precision="int8", recipe=uniform("fp32", [(kind, precision)]))
    assert residency(conversion.write(spec, tmp_path)).refused


def test_a_published_variant_is_small_and_exact(tmp_path: Path) -> None:
    """The stock conversion leaves 514 ops."""
    loaded = load_model("b0", random_weights=True)
    rewritten = rewrite(loaded.network, "tflite")
    path = tmp_path / "model.tflite"
    content = convert(rewritten, 224, 1)
    path.write_bytes(export_tflite(content, ExportSpec(), rewritten, None, loaded))
    where = residency(path)
    assert len(where.ops) < 360
    assert where.partitions == 1
    x = np.random.default_rng(0).standard_normal((2, 3, 224, 224)).astype(np.float32)
    with TFLiteRunner(path) as runner, torch.no_grad():
        expected = loaded.network(torch.from_numpy(x)).numpy()
        np.testing.assert_allclose(runner.run(x)["logits"], expected, rtol=0, atol=1e-4)


def test_names_of_tensors_have_the_classes_without_their_places(
    conversion: TFLiteConversion,
) -> None:
    graph = TFLiteGraph(conversion.exporter.converted())
    names = [graph.tensor_name(index) for index in range(len(graph._graph.tensors))]
    assert not [name for name in names if "torch" in name or "lowformer_edge" in name]
    paths = {name for name in names if name.startswith("ChannelsLastInput/LowFormer_model/")}
    assert any("/ConvLayer_point_conv/Conv2d_conv;" in name for name in paths)
    assert sum(map(len, names)) < 150 * len(names)


def test_3_13_every_byte_of_a_file_with_lifted_channels_is_used(
    slight_config: LowFormerConfig, noise_images: Samples
) -> None:
    network = random_model(slight_config)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.weight.data[0] = 0
    conversion = Conversion(TFLiteExporter, slight_config, noise_images, network=network)
    content = conversion.export(ExportSpec(precision="int8"))
    assert isinstance(content, bytes)
    graph = TFLiteGraph(content)
    named = {tensor.buffer for tensor in graph._graph.tensors}
    named |= {entry.buffer for entry in graph._model.metadata}
    buffers = graph._model.buffers
    assert named | {0} == set(range(len(buffers)))
    weights = sum(len(item.data) for item in buffers if item.data is not None)
    names = sum(len(graph.tensor_name(index)) for index in range(len(graph._graph.tensors)))
    assert len(content) - weights - names < 200 * len(graph._graph.tensors)
