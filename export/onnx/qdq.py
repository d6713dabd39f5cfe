"""Writing integers into an ONNX graph, whoever is to run it.

They stand between QuantizeLinear and DequantizeLinear (QDQ), which runtimes and compilers fuse
with the op between them. Activations are unsigned, of 8 or 16 bits; weights are int8 with a scale
for each output channel, and biases int32.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from ...calibration.affine import AffineParameters
from ...calibration.dead_channels import lifted_weights

CHANNEL_AXIS = {"Conv": 0, "ConvTranspose": 1, "Gemm": 0}
"""Ops with weights, and the axis of their weights' output channels."""

_STEP_TYPES: Mapping[int, type[Any]] = {8: np.uint8, 16: np.uint16}


class QdqGraph:
    """A graph that is written anew, node by node in the order in which they run.

    Args:
        graph: Where the nodes come from. It is changed by :meth:`finish`; before that only what
            its nodes take and give.
        bias_zeros: Whether biases state their zero points, which are 0, as they are by default.
            ONNX Runtime does without. Those of weights it wants stated, to fuse linear layers.
    """

    def __init__(self, graph: onnx.GraphProto, *, bias_zeros: bool = True) -> None:
        self._graph = graph
        self._bias_zeros = bias_zeros
        self._constants = {item.name: item for item in graph.initializer}
        self._rounded: dict[tuple[str, AffineParameters], str] = {}
        self._stored: dict[str, list[str]] = defaultdict(list)
        self._unpacked: dict[str, str] = {}
        self._nodes: list[onnx.NodeProto] = []

    def append(self, *nodes: onnx.NodeProto) -> None:
        """Writes nodes as they are."""
        self._nodes += nodes

    def append_rounded(self, node: onnx.NodeProto, parameters: AffineParameters) -> None:
        """Writes a node and rounds its output, so that its users get the rounded values."""
        name = node.output[0]
        exact = f"{name}_exact"
        node.output[0] = exact
        self.append(node)
        self._append_pair(exact, name, parameters)
        self._rounded[(name, parameters)] = name

    def finish(self) -> None:
        """Puts into the graph what was written, and drops the constants that nothing uses."""
        del self._graph.node[:]
        self._graph.node.extend(self._nodes)
        used = {name for node in self._nodes for name in node.input}
        kept = [item for item in self._constants.values() if item.name in used]
        del self._graph.initializer[:]
        self._graph.initializer.extend(kept)

    def is_constant(self, name: str) -> bool:
        """Whether a value is a constant."""
        return name in self._constants

    def array(self, name: str) -> NDArray[Any]:
        """The values of a constant."""
        return np.asarray(numpy_helper.to_array(self._constants[name]))

    def constant(self, name: str, value: Any) -> str:
        """The name of a constant, which is made if there is none of that name."""
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.asarray(value), name)
        return name

    def dequantized(self, name: str, parameters: AffineParameters) -> str:
        """The name of a rounded value, which other nodes may have had rounded already."""
        key = (name, parameters)
        if key not in self._rounded:
            rounded = f"{name}_rounded{len(self._rounded)}"
            if self.is_constant(name):
                self._append_stored(rounded, _steps(self.array(name), parameters), parameters)
            else:
                self._append_pair(name, rounded, parameters)
            self._rounded[key] = rounded
        return self._rounded[key]

    def quantize_weights(self, node: onnx.NodeProto, input_scale: float) -> None:
        """Makes a node take its weights from int8, and its bias from int32.

        Args:
            node: Of one of :data:`CHANNEL_AXIS`'s kinds, with constant weights.
            input_scale: Of its rounded input; the bias is in steps of it times the weights' scale.
        """
        axis = CHANNEL_AXIS[node.op_type]
        weights, bias = self.array(node.input[1]), None
        if len(node.input) > 2 and node.input[2]:
            bias = self.array(node.input[2])
            weights = lifted_weights(weights, bias, input_scale, axis)
        scales, steps = per_channel(weights, axis)
        node.input[1] = self._dequantized_constant(node.input[1], steps, scales, axis)
        if bias is not None:
            bias_scales = (scales * np.float32(input_scale)).astype(np.float32)
            node.input[2] = self.dequantized_bias(node.input[2], bias_scales)

    def unpack_weights(self, node: onnx.NodeProto) -> None:
        """Makes a node take its weights in float, from int8.

        Runtimes multiply constants once, as they load the file; DequantizeLinear they leave there
        for kernels in integers, and compute it each time.

        Args:
            node: Of one of :data:`CHANNEL_AXIS`'s kinds, with constant weights.
        """
        name = node.input[1]
        if name not in self._unpacked:
            axis = CHANNEL_AXIS[node.op_type]
            weights = self.array(name)
            scales, steps = per_channel(weights, axis)
            spread = [-1 if number == axis else 1 for number in range(weights.ndim)]
            stored = self.constant(f"{name}_steps", steps)
            scale = self.constant(f"{name}_scale", scales.reshape(spread))
            cast, unpacked = f"{name}_cast", f"{name}_unpacked"
            self.append(
                helper.make_node("Cast", [stored], [cast], cast, to=onnx.TensorProto.FLOAT),
                helper.make_node("Mul", [cast, scale], [unpacked], unpacked),
            )
            self._unpacked[name] = unpacked
        node.input[1] = self._unpacked[name]

    def dequantized_bias(self, name: str, scales: NDArray[np.float32] | np.float32) -> str:
        """The name of a constant [C] that is read from int32, by one scale or one for each."""
        steps = np.round(self.array(name).astype(np.float64) / scales).astype(np.int32)
        return self._dequantized_constant(name, steps, scales)

    def _dequantized_constant(
        self,
        name: str,
        steps: NDArray[Any],
        scales: NDArray[np.float32] | np.float32,
        axis: int = 0,
    ) -> str:
        """The name of a constant that is read from signed integers, whose zero point is 0.

        Ops that share a constant read it each by itself, since they may round it differently; what
        they round alike is stored once.
        """
        used = self._stored[name]
        own = f"{name}_{len(used)}" if used else name
        alike = (other for other in used if self._holds(other, steps, scales))
        stored = next(alike, own)
        used.append(stored)
        inputs = [
            self.constant(f"{stored}_steps", steps),
            self.constant(f"{stored}_scale", scales),
        ]
        if self._bias_zeros or steps.dtype != np.int32:
            zeros = np.zeros_like(scales, steps.dtype)
            inputs.append(self.constant(f"{stored}_zero", zeros))
        output = f"{own}_dequantized"
        self.append(
            helper.make_node("DequantizeLinear", inputs, [output], f"{own}_dequantize", axis=axis)
        )
        return output

    def _holds(
        self, name: str, steps: NDArray[Any], scales: NDArray[np.float32] | np.float32
    ) -> bool:
        """Whether these integers and scales are those that are stored under a name."""
        same_steps = np.array_equal(self.array(f"{name}_steps"), steps)
        return same_steps and np.array_equal(self.array(f"{name}_scale"), scales)

    def _append_pair(self, source: str, target: str, parameters: AffineParameters) -> None:
        """QuantizeLinear and DequantizeLinear from one value to another."""
        scale, zero = self._scale_and_zero(target, parameters)
        steps = f"{target}_steps"
        self.append(
            helper.make_node(
                "QuantizeLinear", [source, scale, zero], [steps], f"{target}_quantize"
            ),
            helper.make_node(
                "DequantizeLinear", [steps, scale, zero], [target], f"{target}_dequantize"
            ),
        )

    def _append_stored(
        self, target: str, steps: NDArray[Any], parameters: AffineParameters
    ) -> None:
        """A constant in integers, and what reads it."""
        scale, zero = self._scale_and_zero(target, parameters)
        stored = self.constant(f"{target}_steps", steps)
        self.append(
            helper.make_node(
                "DequantizeLinear", [stored, scale, zero], [target], f"{target}_dequantize"
            )
        )

    def _scale_and_zero(self, target: str, parameters: AffineParameters) -> tuple[str, str]:
        zero = _STEP_TYPES[bits_of(parameters)](parameters.zero_point + _offset(parameters))
        return (
            self.constant(f"{target}_scale", np.float32(parameters.scale)),
            self.constant(f"{target}_zero", zero),
        )


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


def bits_of(parameters: AffineParameters) -> int:
    """The width of the integers of affine parameters, which span all of them."""
    return (parameters.high - parameters.low + 1).bit_length() - 1


def _offset(parameters: AffineParameters) -> int:
    """From the signed integers of parameters to the unsigned ones of the file."""
    return -parameters.low


def _steps(values: NDArray[np.float32], parameters: AffineParameters) -> NDArray[Any]:
    """Values in the integers of the file."""
    steps = np.rint(values.astype(np.float64) / parameters.scale) + parameters.zero_point
    clipped = np.clip(steps, parameters.low, parameters.high) + _offset(parameters)
    return clipped.astype(_STEP_TYPES[bits_of(parameters)])
