"""A PT2E quantizer that annotates with precisions and activation ranges of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.fx import GraphModule, Node
from torchao.quantization.pt2e import PerChannelMinMaxObserver, PlaceholderObserver
from torchao.quantization.pt2e.quantizer import (
    FixedQParamsQuantizationSpec,
    QuantizationAnnotation,
    QuantizationSpec,
    Quantizer,
)
from torchao.quantization.pt2e.quantizer.quantizer import Q_ANNOTATION_KEY

from ...calibration.affine import affine_parameters
from ...calibration.ranges import ModuleRange, Ranges
from ...errors import ExportError, UsageError

CHANNEL_AXIS = {
    torch.ops.aten.conv2d.default: 0,
    torch.ops.aten.conv_transpose2d.input: 1,
    torch.ops.aten.linear.default: 0,
}
"""Ops with weights, and the axis of their weights' output channels."""

_DYNAMIC_INPUT = QuantizationSpec(
    dtype=torch.int8,
    observer_or_fake_quant_ctr=PlaceholderObserver.with_args(
        dtype=torch.int8, quant_min=-128, quant_max=127, is_dynamic=True
    ),
    quant_min=-128,
    quant_max=127,
    qscheme=torch.per_tensor_affine,
    is_dynamic=True,
)


class RangesQuantizer(Quantizer):  # type: ignore[misc]
    """Annotates each op with weights; everything between them stays in float.

    Args:
        precisions: ``fp32``, ``int8`` or ``int8-dynamic`` by module path.
        ranges: Activation ranges; needed where an op is ``int8``.
    """

    def __init__(self, precisions: Mapping[str, str], ranges: Ranges | None) -> None:
        super().__init__()
        self._precisions = precisions
        self._ranges = ranges
        self._dynamic: dict[Node, str] = {}

    def annotate(self, model: GraphModule) -> GraphModule:
        """Annotates a graph of torch.export in place.

        Raises:
            UsageError: Two ops would quantize the same values as they come.
            ExportError: An op has no module, or a module no op.
        """
        waiting = set(self._precisions)
        for node in model.graph.nodes:
            path = weights_path(node)
            if path is None:
                continue
            if path not in waiting:
                raise ExportError(f"{node.name} belongs to no module: {self._why(path)}")
            waiting.remove(path)
            if self._precisions[path] != "fp32":
                self._annotate(node, path)
        if waiting:
            raise ExportError(
                f"no op belongs to {', '.join(sorted(waiting))}: torch.export left it out, since no"
                " output depends on it, or merged it; fp32 needs none, export that"
            )
        return model

    def _why(self, path: str) -> str:
        """Why an op that uses a path's weights cannot be given a precision."""
        if path in self._precisions:
            return (
                f"{path} is called more than once, and a module has one set of ranges; give each"
                " call a module of its own, or export fp32"
            )
        return f"{path} is no convolution or linear layer of the model; export fp32"

    def validate(self, model: GraphModule) -> None:
        """Nothing is left to check."""

    def _annotate(self, node: Node, path: str) -> None:
        """Says how an op is quantized; where a ReLU follows, its output is the op's."""
        annotation = self._annotation(node, path)
        relu = _relu_alone(node)
        if relu is not None and annotation.output_qspec is not None:
            relu.meta[Q_ANNOTATION_KEY] = QuantizationAnnotation(
                output_qspec=annotation.output_qspec, _annotated=True
            )
            annotation.output_qspec = None
        node.meta[Q_ANNOTATION_KEY] = annotation

    def _annotation(self, node: Node, path: str) -> QuantizationAnnotation:
        weights = _weights_spec(CHANNEL_AXIS[node.target])  # type: ignore[index]
        image, weight = node.args[:2]
        inputs: dict[Any, Any] = {weight: weights}
        if self._precisions[path] == "int8-dynamic":
            self._check_alone(image, path)
            inputs[image] = _DYNAMIC_INPUT
            return QuantizationAnnotation(input_qspec_map=inputs, _annotated=True)
        assert self._ranges is not None
        found: ModuleRange = self._ranges.modules[path]
        inputs[image] = _fixed_spec(found.input)
        return QuantizationAnnotation(
            input_qspec_map=inputs, output_qspec=_fixed_spec(found.output), _annotated=True
        )

    def _check_alone(self, image: Any, path: str) -> None:
        """Refuses a second op that quantizes the same values as they come.

        XNNPACK takes the graph in pieces then, and computes it wrongly.
        """
        other = self._dynamic.setdefault(image, path)
        if other != path:
            raise UsageError(
                f"{other} and {path} cannot both be int8-dynamic in ExecuTorch: they take the same"
                " values; choose int8, or another precision for one of them in a recipe"
            )


def weights_path(node: Node) -> str | None:
    """The path of the module whose weights an op uses, or None if it uses none.

    A convolution with a constant, as in a norm's mean over channels, has no weights.
    """
    weight = node.args[1] if node.target in CHANNEL_AXIS else None
    if not isinstance(weight, Node) or not str(weight.target).endswith(".weight"):
        return None
    return str(weight.target).removesuffix(".weight")


def _relu_alone(node: Node) -> Node | None:
    """The ReLU that alone takes an op's output, or None."""
    users = list(node.users)
    alone = len(users) == 1 and users[0].target is torch.ops.aten.relu.default
    return users[0] if alone else None


def _weights_spec(axis: int) -> QuantizationSpec:
    return QuantizationSpec(
        dtype=torch.int8,
        observer_or_fake_quant_ctr=PerChannelMinMaxObserver.with_args(eps=2**-40),
        quant_min=-127,
        quant_max=127,
        qscheme=torch.per_channel_symmetric,
        ch_axis=axis,
    )


def _fixed_spec(bounds: tuple[float, float]) -> FixedQParamsQuantizationSpec:
    parameters = affine_parameters(*bounds)
    return FixedQParamsQuantizationSpec(
        dtype=torch.int8,
        scale=parameters.scale,
        zero_point=parameters.zero_point,
        quant_min=parameters.low,
        quant_max=parameters.high,
        qscheme=torch.per_tensor_affine,
    )
