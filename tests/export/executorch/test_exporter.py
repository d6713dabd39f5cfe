"""Real lowerings of small models, run on the real runtime."""

from __future__ import annotations

import dataclasses
import gc
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.calibration.ranges import ModuleRange, Ranges
from lowformer_edge.calibration.recipe import Recipe, Rule
from lowformer_edge.calibration.simulation import simulated
from lowformer_edge.errors import ArtifactError, ExportError, UsageError
from lowformer_edge.export import legality
from lowformer_edge.export.executorch.exporter import ExecuTorchExporter, with_room_for_biases
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.runtime.executorch.program import read_program
from lowformer_edge.runtime.executorch.residency import residency
from lowformer_edge.runtime.executorch.runner import ExecuTorchRunner, tensors
from lowformer_edge.tasks.closeness import sqnr

from ..conversion import FOLLOWS_DB, SPEC, Conversion

Lowering = Conversion[ExecuTorchExporter]

PROCESSOR = Path("/proc/cpuinfo")

LEAST_HALF_DB = 44 if PROCESSOR.exists() and "avx512_fp16" in PROCESSOR.read_text() else 50
"""Of files in fp16; 45.4 was seen on the one processor that computes in half precision."""

PRECISIONS = ("fp32", "fp16", "int8", "int8-dynamic")


@pytest.fixture(scope="module")
def lowering(tiny_config: LowFormerConfig, noise_images: Samples) -> Lowering:
    return Conversion(ExecuTorchExporter, tiny_config, noise_images)


@pytest.fixture(scope="module")
def smaller(attentive_config: LowFormerConfig, noise_images: Samples) -> Lowering:
    """For what shows on one attention already."""
    return Conversion(ExecuTorchExporter, attentive_config, noise_images)


@pytest.mark.heavy
@pytest.mark.parametrize("precision", PRECISIONS)
def test_every_precision_is_one_delegate_and_follows_the_model(
    precision: str, lowering: Lowering, inputs: np.ndarray, tmp_path: Path
) -> None:
    spec = ExportSpec("executorch", precision)
    path = lowering.write(spec, tmp_path)
    where = residency(path)
    assert where.delegate == "XnnpackBackend"
    assert where.partitions == 1
    assert where.refused == ()
    assert "node" not in " ".join(where.op_counts)
    with ExecuTorchRunner(path) as runner:
        assert (runner.batch, runner.height, runner.width, runner.num_classes) == (1, 64, 64, 5)
        found = runner.run(inputs)["logits"]
    reference = lowering.reference(inputs)
    if precision == "fp32":
        assert np.abs(reference - found).max() < 1e-4
        return
    if precision == "fp16":
        assert LEAST_HALF_DB < sqnr(reference, found) < 75
        return
    model = lowering.exporter.model
    precisions = ExecuTorchExporter.precisions_of(spec, model)
    with torch.no_grad(), simulated(model, lowering.ranges, precisions):
        expected = model(torch.from_numpy(inputs)).numpy()
    if precision == "int8":
        assert sqnr(expected, found) > FOLLOWS_DB
    else:
        assert sqnr(reference, found) > sqnr(reference, expected) - 3.5


def test_the_file_tells_what_it_is(lowering: Lowering, tmp_path: Path) -> None:
    spec = ExportSpec("executorch")
    path = lowering.write(spec, tmp_path)
    program = read_program(path)
    assert program.metadata is not None
    assert ExportSpec.from_dict(program.metadata["spec"]) == spec
    assert Preprocessing.from_dict(program.metadata["preprocessing"]) == SPEC
    assert program.metadata["labels"] == list("abcde")
    (image,), (logits,) = tensors(path)
    assert (image.shape, image.layout, image.dtype) == ((1, 3, 64, 64), "NCHW", "float32")
    assert logits.shape == (1, 5)


@pytest.mark.filterwarnings("ignore:This API is experimental")
def test_a_phone_can_read_the_metadata_method(lowering: Lowering, tmp_path: Path) -> None:
    path = lowering.write(ExportSpec("executorch"), tmp_path)
    from executorch.runtime import Runtime

    method = Runtime.get().load_program(str(path)).load_method("lowformer_edge")
    assert method is not None
    (text,) = method.execute([])
    assert '"labels": ["a", "b", "c", "d", "e"]' in text


@pytest.mark.heavy
def test_batches(
    attentive_config: LowFormerConfig,
    noise_images: Samples,
    inputs: np.ndarray,
    tmp_path: Path,
) -> None:
    lowering = Conversion(ExecuTorchExporter, attentive_config, noise_images, batch=3)
    path = lowering.write(ExportSpec("executorch", batch=3), tmp_path)
    assert residency(path).partitions == 1
    with ExecuTorchRunner(path) as runner:
        found = runner.run(inputs)["logits"]
    assert np.abs(lowering.reference(inputs) - found).max() < 1e-4


@pytest.mark.heavy
# coremltools leaves a temporary folder to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:Implicitly cleaning up:ResourceWarning")
@pytest.mark.parametrize(
    ("backend", "delegate"), [("vulkan", "VulkanBackend"), ("coreml", "CoreMLBackend")]
)
def test_files_for_other_devices_are_one_delegate(
    backend: str, delegate: str, smaller: Lowering, tmp_path: Path
) -> None:
    path = smaller.write(ExportSpec.of("executorch", "fp16", backend=backend), tmp_path)
    gc.collect()
    where = residency(path)
    assert (where.delegate, where.partitions, where.refused) == (delegate, 1, ())
    with pytest.raises(ArtifactError, match=f"needs {delegate}, which this ExecuTorch runtime"):
        ExecuTorchRunner(path)


def test_kernels_that_do_not_exist_are_refused_before_lowering(lowering: Lowering) -> None:
    for kind, precision in (("depthwise_conv", "int8-dynamic"), ("conv", "int8-weights")):
        recipe = Recipe((Rule("int8"), Rule(precision, op=kind)))
        spec = ExportSpec.of("executorch", "int8", recipe=recipe)
        with pytest.raises(UsageError, match=f"cannot be {precision}"):
            lowering.export(spec)


@pytest.mark.heavy
@pytest.mark.parametrize("kind", ["depthwise_conv", "transposed_conv"])
def test_what_is_refused_does_not_work(
    kind: str,
    smaller: Lowering,
    inputs: np.ndarray,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(legality.REFUSED, "executorch", {})
    monkeypatch.setattr(
        "lowformer_edge.export.executorch.exporter._after_attention", lambda model: []
    )
    spec = ExportSpec.of("executorch", "int8", recipe=Recipe((Rule("int8-dynamic", op=kind),)))
    with pytest.raises(
        (ExportError, ArtifactError), match=r"Missing out variants|execute\(\) failed"
    ):
        ExecuTorchRunner(smaller.write(spec, tmp_path)).run(inputs[:1])["logits"]


def test_what_takes_an_attentions_values_cannot_be_dynamic(lowering: Lowering) -> None:
    recipe = Recipe((Rule("int8-dynamic", name=r"stages\.3.*upsampling"),))
    spec = ExportSpec.of("executorch", "int8", recipe=recipe)
    with pytest.raises(UsageError, match="cannot transpose an attention's values"):
        lowering.export(spec)


def test_ranges_of_other_ops_are_an_error(lowering: Lowering) -> None:
    wrong = dataclasses.replace(lowering.ranges, modules={})
    with pytest.raises(ExportError, match="exporting to ExecuTorch failed"):
        lowering.exporter.export(ExportSpec("executorch", "int8"), lowering.exporter.model, wrong)


def test_dead_channels_get_room_and_the_model_is_left_alone() -> None:
    conv = nn.Conv2d(1, 2, 1)
    conv.weight.data = torch.tensor([1.0, 0.0]).view(2, 1, 1, 1)
    assert conv.bias is not None
    conv.bias.data.fill_(1.0)
    modules = {"0": ModuleRange((0.0, 1.0), (0.0, 1.0))}
    ranges = Ranges(modules, "m", "d", SPEC, "minmax", 1, 1)
    lifted = with_room_for_biases(nn.Sequential(conv), {"0": "int8"}, ranges)
    weight = lifted.get_parameter("0.weight").flatten()
    assert weight[0] == 1
    assert weight[1] > 0
    assert conv.weight.flatten().tolist() == [1.0, 0.0]
