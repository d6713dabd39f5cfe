"""Detectors and segmenters in every format: each output by name, on one delegate, stored once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from lowformer_edge.artifact.content import write_content
from lowformer_edge.artifact.outputs import Outputs
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.calibration.simulation import simulated
from lowformer_edge.errors import UsageError
from lowformer_edge.export.formats import EXPORTERS
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.export.tflite.exporter import TFLiteExporter
from lowformer_edge.export.tflite.quantization import match_ops
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.dense_head import DetectionHead, SegmentationHead
from lowformer_edge.process.native_output import captured_output
from lowformer_edge.progress import SilentProgress
from lowformer_edge.runtime.formats import format_of
from lowformer_edge.runtime.onnx.runner import open_session
from lowformer_edge.runtime.tflite.graph import TFLiteGraph
from lowformer_edge.targets.arm import ArmTarget
from lowformer_edge.targets.gpu import GpuTarget
from lowformer_edge.targets.target import Work
from lowformer_edge.tasks.closeness import sqnr
from lowformer_edge.tasks.decoded_boxes import decoded_outputs

from ..conftest import MakeOnce
from ..small_models import SLIGHT
from .conversion import SPEC, Conversion

FORMATS = ("tflite", "executorch", "onnx", "coreml")
INT8 = [
    *((name, "detection") for name in FORMATS),
    *((name, "segmentation") for name in ("tflite", "onnx", "coreml")),
]
"""What is tried in INT8: converting takes the tests' time."""

HEADS: Mapping[str, DetectionHead | SegmentationHead] = {
    "detection": DetectionHead(neck_channels=96, channels=96, convs=1, levels=4),
    "segmentation": SegmentationHead(neck_channels=96, channels=64),
}
"""Heavy enough for a second copy of a weight to show beside what a file says of its ops."""

SIZE = (32, 64)

CLASSES = 4
"""As many as a box has numbers, so that the two outputs of a level could be mistaken."""

PIXELS = np.random.default_rng(0).integers(0, 256, (3, *SIZE, 3), np.uint8)


def config_for(task: str) -> LowFormerConfig:
    return SLIGHT.replace(dense_head=HEADS[task], num_classes=CLASSES, input_size=SIZE)


def conversion_of(name: str, task: str) -> Conversion[Any]:
    return Conversion(EXPORTERS[name], config_for(task), Samples("noise", PIXELS))


@pytest.fixture(scope="session")
def written(made_once: MakeOnce) -> Callable[..., Path]:
    """The file of a format, a task and a precision."""

    def path_of(name: str, task: str, precision: str = "fp32", output: str = "logits") -> Path:
        conversion = conversion_of(name, task)
        spec = ExportSpec(name, precision, output=output)
        file = f"{task}-{spec.label}{conversion.exporter.format.suffix}"

        def make(folder: Path) -> None:
            write_content(folder / file, conversion.export(spec))

        return made_once(f"{name}-{task}-{spec.label}", make) / file

    return path_of


def reference(conversion: Conversion[Any]) -> Outputs:
    return outputs_of(conversion.loaded.network)


def outputs_of(network: nn.Module) -> Outputs:
    with torch.no_grad():
        given = network(torch.from_numpy(SPEC.normalise(PIXELS)))
    named = given if isinstance(given, dict) else {"logits": given}
    return {name: values.numpy() for name, values in named.items()}


@pytest.mark.heavy
@pytest.mark.parametrize("task", HEADS)
@pytest.mark.parametrize("name", FORMATS)
def test_every_output_follows_the_network_under_its_name(
    name: str, task: str, written: Callable[..., Path]
) -> None:
    path = written(name, task)
    with format_of(path).runner(path, 1) as runner:
        found = runner.run_pixels(PIXELS, SPEC)
    expected = reference(conversion_of(name, task))
    assert list(found) == list(expected)
    for output, values in expected.items():
        largest = np.abs(values).max()
        np.testing.assert_allclose(found[output], values, rtol=0, atol=1e-4 * largest)


@pytest.mark.parametrize("task", HEADS)
@pytest.mark.parametrize("name", ["tflite", "executorch"])
def test_the_delegate_takes_all(name: str, task: str, written: Callable[..., Path]) -> None:
    path = written(name, task)
    where = format_of(path).residency(path, 1)
    assert where.refused == ()
    assert where.partitions == 1


@pytest.mark.heavy
@pytest.mark.parametrize("name", FORMATS)
def test_boxes_are_decoded_in_the_file(name: str, written: Callable[..., Path]) -> None:
    path = written(name, "detection", "fp32", "boxes")
    with format_of(path).runner(path, 1) as runner:
        found = runner.run_pixels(PIXELS, SPEC)
    expected = decoded_outputs(reference(conversion_of(name, "detection")))
    assert list(found) == ["boxes", "scores"]
    np.testing.assert_allclose(found["boxes"], expected["boxes"], rtol=0, atol=0.01)
    np.testing.assert_allclose(found["scores"], expected["scores"], rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["tflite", "executorch"])
def test_the_delegate_decodes_boxes(name: str, written: Callable[..., Path]) -> None:
    path = written(name, "detection", "fp32", "boxes")
    where = format_of(path).residency(path, 1)
    assert where.refused == ()
    assert where.partitions == 1


@pytest.mark.parametrize("task", HEADS)
@pytest.mark.parametrize("name", FORMATS)
def test_weights_are_stored_once(name: str, task: str, written: Callable[..., Path]) -> None:
    weights = conversion_of(name, task).loaded.network.state_dict().values()
    held = sum(one.numel() * one.element_size() for one in weights)
    assert size_of(written(name, task)) < 1.05 * held


def size_of(path: Path) -> int:
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    return sum(one.stat().st_size for one in files)


@pytest.mark.heavy
@pytest.mark.parametrize(("name", "task"), INT8)
def test_int8_computes_what_is_simulated_by_level(
    name: str, task: str, written: Callable[..., Path]
) -> None:
    path = written(name, task, "int8")
    with format_of(path).runner(path, 1) as runner:
        found = runner.run_pixels(PIXELS, SPEC)
    conversion = conversion_of(name, task)
    model = conversion.exporter.model
    precisions = conversion.exporter.precisions_of(ExportSpec(name, "int8"), model)
    exact = reference(conversion)
    with simulated(model, conversion.ranges, precisions):
        expected = outputs_of(model)
    for output, values in exact.items():
        assert sqnr(values, found[output]) > min(sqnr(values, expected[output]) - 2, 45), output


@pytest.mark.heavy
@pytest.mark.parametrize(("name", "task"), INT8)
def test_int8_stores_weights_once(name: str, task: str, written: Callable[..., Path]) -> None:
    parameters = sum(
        one.numel() for one in conversion_of(name, task).loaded.network.state_dict().values()
    )
    assert size_of(written(name, task, "int8")) < parameters + 0.05 * 4 * parameters


@pytest.mark.parametrize(("name", "task"), [one for one in INT8 if one[0] != "coreml"])
def test_int8_has_no_relu_by_itself(
    name: str, task: str, written: Callable[..., Path], tmp_path: Path
) -> None:
    path = written(name, task, "int8")
    if name == "onnx":
        optimised = tmp_path / "optimised.onnx"
        open_session(path, optimized=optimised)
        kinds = {node.op_type for node in onnx.load(str(optimised)).graph.node}
        assert "Conv" not in kinds
    else:
        where = format_of(path).residency(path, 1)
        assert where.partitions == 1
        assert where.refused == ()
        kinds = {op.kind for op in where.ops}
    assert not kinds & {"Relu", "RELU", "Clamp"}


@pytest.mark.parametrize("name", FORMATS)
def test_the_metadata_name_the_outputs(name: str, written: Callable[..., Path]) -> None:
    path = written(name, "detection")
    stated = format_of(path).metadata(path)
    assert stated is not None
    assert stated["outputs"] == [
        f"{kind}_p{level}" for level in range(3, 7) for kind in ("class_logits", "box_deltas")
    ]


def test_ops_of_equal_weights_are_matched_with_their_own_level(
    written: Callable[..., Path],
) -> None:
    """A level's range on another level's op would be wrong, and no digest of weights tells."""
    graph = TFLiteGraph(written("tflite", "detection").read_bytes())
    model = conversion_of("tflite", "detection").exporter.model
    sizes = {f"p{level}": (max(1, 32 >> level), max(1, 64 >> level)) for level in range(3, 7)}
    seen = 0
    for matched in match_ops(graph, model):
        _, _, rest = matched.path.partition(".levels.")
        if rest:
            shape = tuple(map(int, graph._graph.tensors[matched.output].shape))
            assert shape[1:3] == sizes[rest.partition(".")[0]], matched.path
            seen += 1
    assert seen == 4 * 4


@pytest.mark.parametrize("name", ["onnx", "coreml"])
def test_a_file_may_take_pixels(name: str, tmp_path: Path) -> None:
    """Core ML makes a classifier of a model that takes them and knows its classes' names."""
    conversion = conversion_of(name, "detection")
    path = conversion.write(ExportSpec(name, "fp32", input="image"), tmp_path)
    with format_of(path).runner(path, 1) as runner:
        found = runner.run(PIXELS)
    expected = reference(conversion)
    assert list(found) == list(expected)
    for output, values in expected.items():
        largest = np.abs(values).max()
        np.testing.assert_allclose(found[output], values, rtol=0, atol=1e-4 * largest)


@pytest.mark.parametrize("task", HEADS)
def test_values_that_two_ops_would_quantize_as_they_come_are_refused(task: str) -> None:
    """A map goes into the pyramid and into the next stage; XNNPACK computes that wrongly."""
    spec = ExportSpec("executorch", "int8-dynamic")
    with pytest.raises(UsageError, match=r"\S+ and \S+ cannot both be int8-dynamic"):
        conversion_of("executorch", task).export(spec)


@pytest.fixture(scope="session")
def resizing(made_once: MakeOnce) -> Path:
    """A segmenter's file whose pyramid resizes by one op."""
    spec = ExportSpec.of("tflite", upsampling="resize")

    def make(folder: Path) -> None:
        conversion_of("tflite", "segmentation").write(spec, folder)

    return made_once("tflite-resize", make) / "fp32-resize.tflite"


@pytest.mark.heavy
def test_a_file_for_gpus_resizes_by_one_op(resizing: Path) -> None:
    graph = TFLiteGraph(resizing.read_bytes())
    resizes = [op for op in graph.ops() if op.name == "RESIZE_NEAREST_NEIGHBOR"]
    assert len(resizes) == 3
    assert "CONCATENATION" not in {op.name for op in graph.ops()}
    for op in resizes:
        assert not graph.options(op).alignCorners
        assert graph.options(op).halfPixelCenters


def test_a_file_for_gpus_is_exact_on_the_cpu_which_cuts_it(resizing: Path) -> None:
    where = format_of(resizing).residency(resizing, 1)
    assert {op.kind for op in where.refused} == {"RESIZE_NEAREST_NEIGHBOR"}
    with format_of(resizing).runner(resizing, 1) as runner:
        found = runner.run_pixels(PIXELS, SPEC)
    for output, values in reference(conversion_of("tflite", "segmentation")).items():
        assert sqnr(values, found[output]) > 100, output


@pytest.mark.usefixtures("gpu_lab")
def test_a_gpu_takes_resizes_and_concatenations(
    resizing: Path, written: Callable[..., Path]
) -> None:
    paths = [resizing, written("tflite", "segmentation")]
    ran = GpuTarget().run(Work(paths, PIXELS[:1], SPEC), SilentProgress()).ran
    expected = reference(conversion_of("tflite", "segmentation"))["logits"]
    for one in ran:
        assert one.outputs is not None
        assert sqnr(expected[:1], one.outputs["logits"]) > 90


def test_only_what_has_a_pyramid_is_upsampled(slight_config: LowFormerConfig) -> None:
    conversion = Conversion(TFLiteExporter, slight_config, Samples("noise", PIXELS))
    with pytest.raises(UsageError, match="this model has none; leave it out"):
        conversion.export(ExportSpec.of("tflite", upsampling="resize"))


@pytest.mark.parametrize(
    ("output", "owner"), [("probabilities", "classification"), ("boxes", "detection")]
)
@pytest.mark.parametrize("name", FORMATS)
def test_outputs_of_another_task_are_refused(name: str, output: str, owner: str) -> None:
    with pytest.raises(UsageError, match=rf"{output} are of {owner}, .* is for segmentation"):
        conversion_of(name, "segmentation").export(ExportSpec(name, output=output))


@pytest.mark.parametrize("task", HEADS)
def test_the_npu_is_refused(task: str) -> None:
    with pytest.raises(UsageError, match=f"is for {task}, whose ops were not tried on the NPU"):
        conversion_of("qnn", task)


@pytest.mark.heavy
@pytest.mark.usefixtures("arm_lab")
def test_a_program_takes_pixels_and_gives_maps_on_arm(tmp_path: Path) -> None:
    conversion = conversion_of("executorch", "detection")
    path = conversion.write(ExportSpec("executorch", "fp32", input="image"), tmp_path)
    work = Work([path], PIXELS[:1], SPEC)
    (ran,) = ArmTarget("cortex-a76").run(work, SilentProgress()).ran
    assert ran.outputs is not None
    expected = reference(conversion)
    assert list(ran.outputs) == list(expected)
    for output, values in expected.items():
        assert sqnr(values[:1], ran.outputs[output]) > 100, output


def test_litert_numbers_outputs_in_the_files_order(written: Callable[..., Path]) -> None:
    """Apps get them by number, and a level's two outputs are of one shape here."""
    from ai_edge_litert.compiled_model import CompiledModel

    path = written("tflite", "detection")
    _, outputs = format_of(path).tensors(path)
    with captured_output():
        model = CompiledModel.from_file(str(path))
        (inputs, given) = model.create_input_buffers(0), model.create_output_buffers(0)
        image = SPEC.normalise(PIXELS[:1]).transpose(0, 2, 3, 1)
        inputs[0].write(np.ascontiguousarray(image))
        model.run_by_index(0, inputs, given)
    with format_of(path).runner(path, 1) as runner:
        expected = runner.run_pixels(PIXELS[:1], SPEC)
    assert len(given) == len(outputs)
    for output, buffer in zip(outputs, given, strict=True):
        own = expected[output.name].transpose(0, 2, 3, 1)
        found = buffer.read(own.size, np.float32).reshape(own.shape)
        np.testing.assert_allclose(found, own, rtol=0, atol=1e-5 * np.abs(own).max())
