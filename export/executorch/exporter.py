"""Exporting to ExecuTorch, for its XNNPACK, Vulkan and Core ML backends."""

from __future__ import annotations

import contextlib
import copy
from typing import Any, ClassVar

import torch
from torch import nn

from ...artifact.formats import FORMATS
from ...artifact.interface import METADATA_NAME
from ...calibration.affine import affine_parameters
from ...calibration.dead_channels import lifted_weights
from ...calibration.ranges import QUANTIZABLE, Ranges
from ...calibration.recipe import uniform
from ...errors import UsageError
from ..converter_errors import converter_errors
from ..exporter import Exporter
from ..file_interface import path_within, with_interface
from ..metadata import metadata
from ..options import ExecuTorchOptions
from ..rewrites.attention import FusedAttention
from ..spec import ExportSpec
from .half_lowering import (
    HalfPrecisionProgram,
    half_precision_lowering,
    half_precision_partitioner,
    with_small_squares,
)
from .lowering_passes import needed_passes_alone


class ExecuTorchExporter(Exporter):
    """Lowers to programs with the methods ``forward`` and ``lowformer_edge``.

    ``forward`` takes float32 [batch, 3, height, width] and gives logits [batch, K], or the maps
    [batch, C, height, width] of a model for a dense task; ``lowformer_edge`` gives a JSON with
    labels, preprocessing, the maps' names and the rest.
    """

    format = FORMATS["executorch"]
    is_shared = False
    seconds = 12.0
    # For depthwise and transposed convolutions no kernel takes inputs that are quantized as they
    # come; half precision is the whole graph's.
    recipes: ClassVar = {
        "fp32": uniform("fp32"),
        "fp16": uniform("fp32"),
        "int8": uniform("int8", [("linear", "int8-dynamic")]),
        "int8-dynamic": uniform(
            "int8-dynamic", [("depthwise_conv", "fp32"), ("transposed_conv", "fp32")]
        ),
    }

    def export(self, spec: ExportSpec, model: nn.Module, ranges: Ranges | None) -> bytes:
        description = metadata(spec, self.loaded)
        with converter_errors("exporting to ExecuTorch", "executorch"):
            precisions = self.precisions_of(spec, model)
            source, ranges = self.source(spec, model, ranges)
            if _is_half(spec):
                source = HalfPrecisionProgram(with_small_squares(source))
            module = with_interface(source, spec, self.loaded)
            prefix = path_within(module, source)
            precisions = {f"{prefix}{path}": value for path, value in precisions.items()}
            if ranges is not None:
                ranges = ranges.within(prefix)
            return _lowered(module, spec, precisions, ranges, (self.sample(spec),), description)

    @classmethod
    def precisions_of(cls, spec: ExportSpec, model: nn.Module) -> dict[str, str]:
        """See :class:`Exporter`.

        XNNPACK cannot transpose a tensor that was quantized as it came, which it would have to for
        the op that takes an attention's values; our own recipe leaves that op in float.
        """
        precisions = super().precisions_of(spec, model)
        for path in _after_attention(model):
            if precisions[path] != "int8-dynamic":
                continue
            if spec.recipe is not None:
                raise UsageError(
                    f"recipe: {path} cannot be int8-dynamic: XNNPACK cannot transpose an"
                    " attention's values once they are quantized; choose another"
                )
            precisions[path] = "fp32"
        return precisions


def _lowered(
    model: nn.Module,
    spec: ExportSpec,
    precisions: dict[str, str],
    ranges: Ranges | None,
    sample: tuple[torch.Tensor],
    description: str,
) -> bytes:
    from executorch.exir import to_edge_transform_and_lower

    if spec.precision in ("int8", "int8-dynamic"):
        exported = _quantized(model, precisions, ranges, sample)
    else:
        exported = torch.export.export(model, sample)
    half = half_precision_lowering() if _is_half(spec) else contextlib.nullcontext()
    with half, needed_passes_alone():
        lowered = to_edge_transform_and_lower(
            exported,
            partitioner=[_partitioner(spec)],
            constant_methods={METADATA_NAME: description},
        )
    return bytes(lowered.to_executorch().buffer)


def _after_attention(model: nn.Module) -> list[str]:
    """Paths of the ops with weights that take the values of an attention."""
    paths = []
    for path, attention in model.named_modules():
        if not isinstance(attention, FusedAttention):
            continue
        following = [
            f"{path}.{name}"
            for name, module in attention.named_modules()
            if isinstance(module, QUANTIZABLE) and name.startswith(("o_proj", "upsampling"))
        ]
        paths += following[:1]
    return paths


def _quantized(
    model: nn.Module,
    precisions: dict[str, str],
    ranges: Ranges | None,
    sample: tuple[torch.Tensor],
) -> torch.export.ExportedProgram:
    """The model with PT2E's quantization, of which we choose every parameter."""
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

    from .quantizer import RangesQuantizer

    model = with_room_for_biases(model, precisions, ranges)
    exported = torch.export.export(model, sample)
    prepared = prepare_pt2e(exported.module(), RangesQuantizer(precisions, ranges))
    prepared(*sample)
    return torch.export.export(convert_pt2e(prepared), sample)


def with_room_for_biases(
    model: nn.Module, precisions: dict[str, str], ranges: Ranges | None
) -> nn.Module:
    """A copy with the weights of dead channels raised, see :func:`lifted_weights`."""
    copied = copy.deepcopy(model)
    for path, module in copied.named_modules():
        if precisions.get(path) != "int8" or not isinstance(module, QUANTIZABLE):
            continue
        if module.bias is None:
            continue
        assert ranges is not None
        scale = affine_parameters(*ranges.modules[path].input).scale
        axis = 1 if isinstance(module, nn.ConvTranspose2d) else 0
        lifted = lifted_weights(
            module.weight.detach().numpy(), module.bias.detach().numpy(), scale, axis
        )
        module.weight.data = torch.from_numpy(lifted)
    return copied


def _partitioner(spec: ExportSpec) -> Any:
    """What hands the graph to the spec's backend."""
    backend = spec.options_as(ExecuTorchOptions).backend
    if backend == "vulkan":
        from executorch.backends.vulkan.partitioner.vulkan_partitioner import VulkanPartitioner

        return VulkanPartitioner({"force_fp16": spec.precision == "fp16"})
    if backend == "coreml":
        from .coreml_partitioner import coreml_partitioner

        return coreml_partitioner(spec.precision)
    if _is_half(spec):
        return half_precision_partitioner()
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner

    return XnnpackPartitioner()


def _is_half(spec: ExportSpec) -> bool:
    """Whether the graph itself is in half precision; other backends round to it on their own."""
    return spec.precision == "fp16" and spec.options_as(ExecuTorchOptions).backend == "xnnpack"
