"""Half precision for XNNPACK: norms that stay finite, and one delegate of half values."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest
import torch
from torch import nn

from lowformer_edge.artifact.samples import Samples
from lowformer_edge.errors import MissingDependencyError
from lowformer_edge.export.executorch import half_lowering
from lowformer_edge.export.executorch.exporter import ExecuTorchExporter
from lowformer_edge.export.executorch.half_lowering import (
    half_precision_lowering,
    with_small_squares,
)
from lowformer_edge.export.half_precision import HalfPrecision
from lowformer_edge.export.rewrites.spatial_norm import LinearLayerNorm, SpatialGlobalNorm
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.progress import QUIET
from lowformer_edge.runtime.executorch.program import read_delegate
from lowformer_edge.runtime.executorch.residency import residency
from lowformer_edge.runtime.executorch.runner import tensors
from lowformer_edge.runtime.executorch.xnnpack_graph import XNNGraph, read_graph
from lowformer_edge.runtime.measure.instructions import InstructionCount
from lowformer_edge.targets.arm import ArmTarget
from lowformer_edge.tasks.closeness import sqnr

from ..conversion import SPEC, Conversion

HALF = ExportSpec("executorch", "fp16")


@pytest.fixture(scope="module")
def lowering(
    attentive_config: LowFormerConfig, noise_images: Samples
) -> Conversion[ExecuTorchExporter]:
    return Conversion(ExecuTorchExporter, attentive_config, noise_images)


@pytest.fixture
def path(lowering: Conversion[ExecuTorchExporter], tmp_path: Path) -> Path:
    return lowering.write(HALF, tmp_path)


@pytest.fixture
def graph(path: Path) -> XNNGraph:
    return read_graph(read_delegate(path))


@pytest.mark.heavy
def test_every_value_between_the_casts_is_half(graph: XNNGraph) -> None:
    casts = [node for node in graph.nodes if node.kind == "Convert"]
    assert len(casts) == 2
    outside = {casts[0].inputs[0], casts[1].output}
    computed = {number for node in graph.nodes for number in (*node.inputs[:1], node.output)}
    assert {graph.values[number].dtype for number in computed - outside} == {"fp16"}
    assert {graph.values[number].dtype for number in outside} == {"fp32"}


def test_weights_are_stored_in_half_but_for_transposed_convolutions(graph: XNNGraph) -> None:
    stored = {
        (node.kind == "ConvTranspose2d", graph.values[number].dtype)
        for node in graph.nodes
        if node.kind.endswith(("Conv2d", "FullyConnected", "ConvTranspose2d"))
        for number in node.inputs[1:]
        if number >= 0
    }
    assert stored <= {(True, "fp32"), (False, "fp16")}
    assert (False, "fp16") in stored


def test_inputs_and_outputs_are_float32(path: Path) -> None:
    (image,), (logits,) = tensors(path)
    assert (image.dtype, logits.dtype) == ("float32", "float32")


@pytest.mark.heavy
@pytest.mark.parametrize("input_name", ["image", "tensor"])
def test_only_the_cast_of_pixels_is_outside(
    input_name: str, lowering: Conversion[ExecuTorchExporter], tmp_path: Path
) -> None:
    where = residency(lowering.write(ExportSpec("executorch", "fp16", input=input_name), tmp_path))
    assert where.partitions == 1
    assert len(where.refused) == (input_name == "image")


@pytest.mark.parametrize("factor", [1e-2, 1.0, 200.0])
@pytest.mark.parametrize("affine", [True, False])
def test_norms_over_images_stay_finite_and_right(factor: float, affine: bool) -> None:
    norm = nn.GroupNorm(1, 24)
    rewritten = SpatialGlobalNorm(norm, affine)
    images = factor * torch.randn(2, 24, 7, 5)
    with torch.no_grad():
        found = HalfPrecision(with_small_squares(rewritten))(images)
        assert sqnr(norm(images).numpy(), found.numpy()) > 45


def test_norms_over_features_stay_finite_and_right() -> None:
    norm = nn.LayerNorm(64)
    rewritten = LinearLayerNorm(norm)
    features = 200 * torch.randn(3, 64)
    with torch.no_grad():
        assert (
            sqnr(
                norm(features).numpy(),
                HalfPrecision(with_small_squares(rewritten))(features).numpy(),
            )
            > 45
        )


def test_the_model_itself_stays_in_single_precision() -> None:
    model = nn.Sequential(nn.Linear(2, 2))
    HalfPrecision(with_small_squares(model))
    assert model[0].weight.dtype == torch.float32


def test_lowering_is_as_before_afterwards() -> None:
    from executorch.backends.xnnpack._passes.remove_redundant_copy_pass import (
        RemoveRedundantCopyPass,
    )
    from executorch.backends.xnnpack.operators import node_visitor

    def state() -> tuple[object, ...]:
        return (
            dict(node_visitor._node_visitor_dict),
            RemoveRedundantCopyPass._try_remove_regular_redundant_to_copy,
        )

    before = state()
    with pytest.raises(KeyError), half_precision_lowering():
        assert state() != before
        raise KeyError
    assert state() == before


def test_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(half_lowering, "VERSION", (1, 4))
    installed = importlib.metadata.version("executorch")
    with pytest.raises(MissingDependencyError, match=rf"needs executorch 1\.4, and {installed} is"):
        half_lowering.half_precision_partitioner()


@pytest.mark.heavy
@pytest.mark.usefixtures("arm_lab")
@pytest.mark.parametrize(("cpu", "half"), [("cortex-a76", True), ("cortex-a53", False)])
def test_processors_with_half_arithmetic_use_it_throughout(
    cpu: str, half: bool, path: Path, noise_images: Samples
) -> None:
    (count,) = ArmTarget(cpu).count([path], noise_images.pixels[:1], SPEC, progress=QUIET)
    assert isinstance(count, InstructionCount)
    single, halves = count.classes["fp32-fma"], count.classes["fp16-fma"]
    assert (halves > 100 * single) if half else (halves == 0 and single > 0)
