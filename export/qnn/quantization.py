"""Which ops of an ONNX graph the NPU computes in integers, and of how many bits.

Every op is one of three: float16; ``int8``, with activations of 8 bits; ``w8a16``, with
activations of 16. Weights have 8 bits and a scale for each output channel in both. Pairs of
QuantizeLinear and DequantizeLinear (QDQ) say so: Qualcomm's compiler makes one integer op of an op
between such pairs, and one conversion of two pairs that meet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from ...calibration.affine import AffineParameters, affine_parameters
from ...calibration.dead_channels import lifted_weights
from ..onnx.quantization import CHANNEL_AXIS, per_channel

ACTIVATION_BITS = {"int8": 8, "w8a16": 16}
"""By precision; what is not here stays in float."""

_KEEPING = ("Reshape", "Slice", "Transpose")
"""Ops that give what they take, and so must give it with the same scale."""

_STEP_TYPES: Mapping[int, type[Any]] = {8: np.uint8, 16: np.uint16}

TensorRanges = Mapping[str, tuple[float, float]]
"""The least and the greatest value of activations, by their names in the graph."""


class QnnQuantizer:
    """Quantizes a float32 model in place.

    Args:
        model: The model.
        ranges: Of every activation that an op in integers takes or gives.
    """

    def __init__(self, model: onnx.ModelProto, ranges: TensorRanges) -> None:
        self._graph = model.graph
        self._ranges = ranges
        self._constants = {item.name: item for item in model.graph.initializer}
        self._rounded: dict[tuple[str, AffineParameters], str] = {}
        self._kept: dict[str, AffineParameters] = {}
        self._nodes: list[onnx.NodeProto] = []

    def quantize(self, precisions: Mapping[str, str]) -> None:
        """Quantizes the ops.

        Args:
            precisions: One of :data:`ACTIVATION_BITS` by the node's name; others stay in float.
        """
        for node in self._graph.node:
            bits = ACTIVATION_BITS.get(precisions.get(node.name, ""))
            if bits is None:
                self._nodes.append(node)
            else:
                self._quantize(node, bits)
        del self._graph.node[:]
        self._graph.node.extend(self._nodes)
        used = {name for node in self._nodes for name in node.input}
        del self._graph.initializer[:]
        self._graph.initializer.extend(
            item for item in self._constants.values() if item.name in used
        )

    def _quantize(self, node: onnx.NodeProto, bits: int) -> None:
        """QDQ around a node."""
        if node.op_type == "LayerNormalization":
            taken = self._quantize_norm(node, bits)
        else:
            taken = [self._parameters(name, bits) for name in node.input]
        has_weights = node.op_type in CHANNEL_AXIS and node.input[1] in self._constants
        if has_weights:
            self._quantize_weights(node, taken[0])
        for place, parameters in enumerate(taken):
            name = node.input[place]
            if parameters is not None and not (has_weights and place > 0):
                node.input[place] = self._dequantized(name, parameters)
        given = node.output[0]
        parameters = taken[0] if node.op_type in _KEEPING else self._parameters(given, bits)
        assert parameters is not None
        exact = f"{given}_exact"
        node.output[0] = exact
        self._nodes.append(node)
        self._kept[given] = parameters
        self._pair(exact, given, parameters)
        self._rounded[(given, parameters)] = given

    def _quantize_norm(self, node: onnx.NodeProto, bits: int) -> list[AffineParameters | None]:
        """Scale and shift of a LayerNorm as the NPU takes them: in 8 bits, and in int32."""
        image = self._parameters(node.input[0], bits)
        scale = self._parameters(node.input[1], 8)
        assert image is not None
        assert scale is not None
        node.input[1] = self._dequantized(node.input[1], scale)
        if len(node.input) > 2 and node.input[2]:
            shift = self._array(node.input[2]).astype(np.float64)
            step = np.float32(image.scale * scale.scale)
            node.input[2] = self._dequantized_constant(
                node.input[2], np.round(shift / step).astype(np.int32), step
            )
        return [image]

    def _parameters(self, name: str, bits: int) -> AffineParameters | None:
        """How a float tensor is rounded; None for an input left out, or of integers."""
        if not name:
            return None
        kept = self._kept.get(name)
        if kept is not None and _bits(kept) == bits:
            return kept
        if name not in self._constants:
            return affine_parameters(*self._ranges[name], bits=bits)
        values = self._array(name)
        if values.dtype.kind != "f":
            return None
        return affine_parameters(float(values.min()), float(values.max()), bits=bits)

    def _quantize_weights(self, node: onnx.NodeProto, image: AffineParameters | None) -> None:
        """Weights per output channel, and the bias in int32."""
        assert image is not None
        axis = CHANNEL_AXIS[node.op_type]
        weights, bias = self._array(node.input[1]), None
        if len(node.input) > 2 and node.input[2]:
            bias = self._array(node.input[2])
            weights = lifted_weights(weights, bias, image.scale, axis)
        scales, steps = per_channel(weights, axis)
        node.input[1] = self._dequantized_constant(node.input[1], steps, scales, axis)
        if bias is not None:
            bias_scales = (scales * np.float32(image.scale)).astype(np.float32)
            bias_steps = np.round(bias.astype(np.float64) / bias_scales).astype(np.int32)
            node.input[2] = self._dequantized_constant(node.input[2], bias_steps, bias_scales)

    def _dequantized(self, tensor: str, parameters: AffineParameters) -> str:
        """The name of a rounded tensor, which other nodes may have rounded already."""
        key = (tensor, parameters)
        if key not in self._rounded:
            name = f"{tensor}_rounded{len(self._rounded)}"
            if tensor in self._constants:
                steps = _steps(self._array(tensor), parameters)
                self._stored(name, steps, parameters)
            else:
                self._pair(tensor, name, parameters)
            self._rounded[key] = name
        return self._rounded[key]

    def _pair(self, source: str, target: str, parameters: AffineParameters) -> None:
        """QuantizeLinear and DequantizeLinear from one tensor to another."""
        scale, zero = self._scale_and_zero(target, parameters)
        steps = f"{target}_steps"
        self._nodes += [
            helper.make_node(
                "QuantizeLinear", [source, scale, zero], [steps], f"{target}_quantize"
            ),
            helper.make_node(
                "DequantizeLinear", [steps, scale, zero], [target], f"{target}_dequantize"
            ),
        ]

    def _stored(self, target: str, steps: NDArray[Any], parameters: AffineParameters) -> None:
        """A constant in integers, and what reads it."""
        scale, zero = self._scale_and_zero(target, parameters)
        self._nodes.append(
            helper.make_node(
                "DequantizeLinear",
                [self._constant(f"{target}_steps", steps), scale, zero],
                [target],
                f"{target}_dequantize",
            )
        )

    def _scale_and_zero(self, target: str, parameters: AffineParameters) -> tuple[str, str]:
        kind = _STEP_TYPES[_bits(parameters)]
        zero = kind(parameters.zero_point + _offset(parameters))
        return (
            self._constant(f"{target}_scale", np.float32(parameters.scale)),
            self._constant(f"{target}_zero", zero),
        )

    def _dequantized_constant(
        self,
        name: str,
        steps: NDArray[Any],
        scales: NDArray[np.float32] | np.float32,
        axis: int = 0,
    ) -> str:
        output = f"{name}_dequantized"
        inputs = [
            self._constant(f"{name}_steps", steps),
            self._constant(f"{name}_scale", scales),
            self._constant(f"{name}_zero", np.zeros_like(scales, steps.dtype)),
        ]
        self._nodes.append(
            helper.make_node("DequantizeLinear", inputs, [output], f"{name}_dequantize", axis=axis)
        )
        return output

    def _array(self, name: str) -> NDArray[Any]:
        return np.asarray(numpy_helper.to_array(self._constants[name]))

    def _constant(self, name: str, value: Any) -> str:
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.asarray(value), name)
        return name


def _bits(parameters: AffineParameters) -> int:
    return (parameters.high - parameters.low + 1).bit_length() - 1


def _offset(parameters: AffineParameters) -> int:
    """From the signed integers of parameters to the unsigned ones of the file."""
    return -parameters.low


def _steps(values: NDArray[np.float32], parameters: AffineParameters) -> NDArray[Any]:
    """Values in the integers of the file."""
    steps = np.rint(values.astype(np.float64) / parameters.scale) + parameters.zero_point
    clipped = np.clip(steps, parameters.low, parameters.high) + _offset(parameters)
    return clipped.astype(_STEP_TYPES[_bits(parameters)])
