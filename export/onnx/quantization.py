"""Which ops of an ONNX graph are quantized, and how.

Static INT8 is written as QuantizeLinear and DequantizeLinear pairs (QDQ) around each
convolution, which runtimes fuse into integer kernels; everything between stays float. Linear
layers are quantized as their input comes. Activations are uint8: with int8 activations ONNX
Runtime's x86 kernels are slower than float32.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from torch import nn

from ...calibration.affine import AffineParameters, affine_parameters
from ...calibration.dead_channels import lifted_weights
from ...calibration.ranges import Ranges
from ...errors import ExportError
from ..weights import ModulesByWeights

CHANNEL_AXIS = {"Conv": 0, "ConvTranspose": 1, "Gemm": 0}
"""Ops with weights, and the axis of their weights' output channels."""


@dataclasses.dataclass(frozen=True)
class MatchedNode:
    """A node with weights, and the module that it was converted from."""

    node: onnx.NodeProto
    path: str


class OnnxQuantizer:
    """Quantizes a float32 model in place.

    Args:
        model: The model.
        source: The rewritten eager model that it was converted from.
        ranges: Activation ranges; needed where an op is static ``int8``.
    """

    def __init__(self, model: onnx.ModelProto, source: nn.Module, ranges: Ranges | None) -> None:
        self._graph = model.graph
        self._source = source
        self._ranges = ranges
        self._constants = {item.name: item for item in model.graph.initializer}
        self._rounded: dict[tuple[str, AffineParameters], str] = {}
        self._before: dict[str, list[onnx.NodeProto]] = defaultdict(list)
        self._after: dict[str, list[onnx.NodeProto]] = defaultdict(list)
        self._replaced: dict[str, list[onnx.NodeProto]] = {}

    def quantize(self, precisions: Mapping[str, str]) -> None:
        """Quantizes the ops.

        Args:
            precisions: ``fp32``, ``int8`` or ``int8-dynamic`` by module path.

        Raises:
            ExportError: A module has no node.
        """
        for matched in self.match():
            precision = precisions[matched.path]
            if precision == "int8":
                self._quantize_static(matched)
            elif precision == "int8-dynamic":
                self._quantize_dynamic(matched)
        nodes: list[onnx.NodeProto] = []
        for node in self._graph.node:
            nodes += self._before[node.name]
            nodes += self._replaced.get(node.name, [node])
            nodes += self._after[node.name]
        del self._graph.node[:]
        self._graph.node.extend(nodes)
        used = {name for node in nodes for name in node.input}
        kept = [item for item in self._constants.values() if item.name in used]
        del self._graph.initializer[:]
        self._graph.initializer.extend(kept)

    def match(self) -> list[MatchedNode]:
        """Finds the module of each node with weights, by the weights themselves.

        Nodes with constants that are no module's weights, as in norms, are left out.

        Raises:
            ExportError: A module has no node.
        """
        waiting = ModulesByWeights(self._source, lambda module: module.weight.detach().numpy())
        matched = []
        for node in self._graph.node:
            if node.op_type not in CHANNEL_AXIS or node.input[1] not in self._constants:
                continue
            path = waiting.take(self._array(node.input[1]))
            if path is not None:
                matched.append(MatchedNode(node, path))
        left = waiting.left()
        if left:
            raise ExportError(f"no node has the weights of {', '.join(left)}; please report this")
        return matched

    def _quantize_static(self, matched: MatchedNode) -> None:
        """QDQ around a node: input, weights per output channel, bias in int32, and output."""
        assert self._ranges is not None
        node, found = matched.node, self._ranges.modules[matched.path]
        image = affine_parameters(*found.input)
        axis = CHANNEL_AXIS[node.op_type]
        weights, bias = self._array(node.input[1]), None
        if len(node.input) > 2 and node.input[2]:
            bias = self._array(node.input[2])
            weights = lifted_weights(weights, bias, image.scale, axis)
        scales, steps = per_channel(weights, axis)
        node.input[0] = self._dequantized(node.input[0], image, node.name)
        node.input[1] = self._dequantized_constant(node.input[1], steps, scales, axis, node.name)
        if bias is not None:
            bias_scales = (scales * np.float32(image.scale)).astype(np.float32)
            bias_steps = np.round(bias.astype(np.float64) / bias_scales).astype(np.int32)
            node.input[2] = self._dequantized_constant(
                node.input[2], bias_steps, bias_scales, 0, node.name
            )
        self._round_output(node, affine_parameters(*found.output))

    def _round_output(self, node: onnx.NodeProto, parameters: AffineParameters) -> None:
        """Rounds a node's output; its users get the rounded values."""
        name = node.output[0]
        exact = f"{name}_exact"
        node.output[0] = exact
        self._after[node.name] += self._pair(exact, name, parameters)
        self._rounded[(name, parameters)] = name

    def _dequantized(self, tensor: str, parameters: AffineParameters, before: str) -> str:
        """The name of a rounded tensor, which other nodes may have rounded already."""
        key = (tensor, parameters)
        if key not in self._rounded:
            name = f"{tensor}_rounded{len(self._rounded)}"
            self._before[before] += self._pair(tensor, name, parameters)
            self._rounded[key] = name
        return self._rounded[key]

    def _pair(self, source: str, target: str, parameters: AffineParameters) -> list[onnx.NodeProto]:
        """QuantizeLinear and DequantizeLinear from one tensor to another."""
        scale = self._constant(f"{target}_scale", np.float32(parameters.scale))
        zero = self._constant(f"{target}_zero", np.uint8(parameters.zero_point + 128))
        steps = f"{target}_steps"
        return [
            helper.make_node(
                "QuantizeLinear", [source, scale, zero], [steps], f"{target}_quantize"
            ),
            helper.make_node(
                "DequantizeLinear", [steps, scale, zero], [target], f"{target}_dequantize"
            ),
        ]

    def _dequantized_constant(
        self, name: str, steps: NDArray[Any], scales: NDArray[np.float32], axis: int, before: str
    ) -> str:
        stored = self._constant(f"{name}_steps", steps)
        scale = self._constant(f"{name}_scale", scales)
        zero = self._constant(f"{name}_zero", np.zeros(len(scales), steps.dtype))
        output = f"{name}_dequantized"
        self._before[before].append(
            helper.make_node(
                "DequantizeLinear", [stored, scale, zero], [output], f"{name}_dequantize", axis=axis
            )
        )
        return output

    def _quantize_dynamic(self, matched: MatchedNode) -> None:
        """A linear layer with int8 weights and an input that is quantized as it comes."""
        node = matched.node
        scales, steps = per_channel(self._array(node.input[1]), 0)
        prefix = node.output[0]
        weights = self._constant(f"{node.input[1]}_steps", np.ascontiguousarray(steps.T))
        scale = self._constant(f"{node.input[1]}_scale", scales)
        zero = self._constant(f"{node.input[1]}_zero", np.zeros(len(scales), np.int8))
        quantized, input_scale, input_zero = (
            f"{prefix}_{part}" for part in ("input", "input_scale", "input_zero")
        )
        product, cast, factor, scaled = (
            f"{prefix}_{part}" for part in ("product", "cast", "factor", "scaled")
        )
        has_bias = len(node.input) > 2 and bool(node.input[2])
        nodes = [
            helper.make_node(
                "DynamicQuantizeLinear",
                [node.input[0]],
                [quantized, input_scale, input_zero],
                f"{prefix}_quantize",
            ),
            helper.make_node(
                "MatMulInteger",
                [quantized, weights, input_zero, zero],
                [product],
                f"{prefix}_multiply",
            ),
            helper.make_node(
                "Cast", [product], [cast], f"{prefix}_cast", to=onnx.TensorProto.FLOAT
            ),
            helper.make_node("Mul", [input_scale, scale], [factor], f"{prefix}_scales"),
            helper.make_node(
                "Mul", [cast, factor], [scaled if has_bias else prefix], f"{prefix}_scale"
            ),
        ]
        if has_bias:
            nodes.append(
                helper.make_node("Add", [scaled, node.input[2]], [prefix], f"{prefix}_add")
            )
        self._replaced[node.name] = nodes

    def _array(self, name: str) -> NDArray[np.float32]:
        return np.asarray(numpy_helper.to_array(self._constants[name]))

    def _constant(self, name: str, value: Any) -> str:
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.asarray(value), name)
        return name


def per_channel(
    weights: NDArray[np.float32], axis: int
) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Scales [C] and symmetric int8 steps of weights, for each output channel."""
    others = tuple(number for number in range(weights.ndim) if number != axis)
    scales = np.abs(weights).max(others).astype(np.float32) / np.float32(127)
    scales = np.maximum(scales, np.finfo(np.float32).tiny)
    shape = [-1 if number == axis else 1 for number in range(weights.ndim)]
    steps = np.clip(np.round(weights / scales.reshape(shape)), -127, 127)
    return scales, steps.astype(np.int8)
