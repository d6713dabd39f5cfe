"""What each node of an XNNPACK graph computes, in numpy.

Images are [N, H, W, C]. Quantized values are dequantized, computed with in float32, and rounded
to their steps again; XNNPACK sums integers instead, which differs by a step where a sum lies
between two. What the graph types as half precision is rounded to it after each node; means and
softmax sum in float32 all the same, as XNNPACK's do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ..arithmetic import SINGLE, Arithmetic
from ..numpy_kernels import Floats, interpolated
from .xnnpack_graph import Quantization, XNNNode, XNNValue

_TRANSPOSE_WEIGHTS = 1
_ALIGN_CORNERS = 8
_KEEP_DIMS = 0x40


def computed(
    node: XNNNode,
    inputs: Sequence[Floats | None],
    output: XNNValue,
    half: Arithmetic = SINGLE,
) -> Floats:
    """The output of a node.

    Args:
        node: What to compute.
        inputs: Its inputs, None for those that are left out.
        output: What its output is like.
        half: Computes where the output is in half precision.

    Raises:
        LookupError: The kind of the node is not known.
        ValueError: The inputs do not fit it.
    """
    result = KERNELS[node.kind](node, inputs, half if output.dtype == "fp16" else SINGLE)
    if node.clamp:
        result = np.clip(result, np.float32(node.clamp[0]), np.float32(node.clamp[1]))
    if output.quantization and output.dtype in ("qint8", "qdint8"):
        return rounded(result, output.quantization)
    if output.dtype == "fp16":
        return result.astype(np.float16).astype(np.float32)
    return result.astype(np.float32, copy=False)


def rounded(value: Floats, quantization: Quantization) -> Floats:
    """Numbers as steps of a quantization show them."""
    if quantization.scale is None:
        return _rounded_by_row(value, quantization.row_rank)
    scale, zero = quantization.scale, np.float32(quantization.zero_point)
    steps = np.clip(np.rint(value / scale) + zero, -128, 127)
    return (steps - zero) * scale


def _rounded_by_row(value: Floats, row_rank: int) -> Floats:
    """Numbers rounded to 256 steps between the least and the greatest of their row.

    The zero point is XNNPACK's (``xnn_qd8_asymmetric_quantization_params``): a whole number, from
    the end of the range that loses less by it.
    """
    axes = tuple(range(value.ndim - row_rank, value.ndim))
    least = np.minimum(value.min(axes, keepdims=True), np.float32(0))
    most = np.maximum(value.max(axes, keepdims=True), np.float32(0))
    rate = np.where(least == most, np.float32(1), np.float32(255) / (most - least))
    from_least, from_most = -128 - least * rate, 127 - most * rate
    error = (-128 + least * rate) + (127 + most * rate)
    zero = np.rint(np.clip(np.where(error > 0, from_least, from_most), -128, 127))
    steps = np.clip(np.rint(value * rate) + zero, -128, 127)
    return ((steps - zero) / rate).astype(np.float32)


Kernel = Callable[[XNNNode, Sequence[Any], Arithmetic], NDArray[Any]]

KERNELS: dict[str, Kernel] = {}
"""By kind of node."""


def _kernel(
    *kinds: str,
) -> Callable[[Callable[[XNNNode, Sequence[Any]], NDArray[Any]]], None]:
    """Registers what is computed alike in any precision."""

    def register(function: Callable[[XNNNode, Sequence[Any]], NDArray[Any]]) -> None:
        KERNELS.update(dict.fromkeys(kinds, lambda node, inputs, _: function(node, inputs)))

    return register


def _arithmetic(kind: str) -> Callable[[Kernel], Kernel]:
    """Registers what an arithmetic computes."""

    def register(kernel: Kernel) -> Kernel:
        KERNELS[kind] = kernel
        return kernel

    return register


def _unary(kind: str, function: Callable[[Floats], NDArray[Any]]) -> None:
    KERNELS[kind] = lambda node, inputs, _: function(inputs[0])


def _binary(kind: str, function: Callable[[Floats, Floats], NDArray[Any]]) -> None:
    KERNELS[kind] = lambda node, inputs, _: function(inputs[0], inputs[1])


_unary("Convert", lambda x: x)
_unary("Copy", lambda x: x)
_unary("Clamp", lambda x: x)
_unary("Sigmoid", lambda x: 1 / (1 + np.exp(-x)))
_unary("Floor", np.floor)
_unary("Ceiling", np.ceil)
_unary("SquareRoot", np.sqrt)
_unary("ReciprocalSquareRoot", lambda x: 1 / np.sqrt(x))
_unary("Negate", np.negative)
_unary("Square", np.square)
_unary("Abs", np.abs)
_unary("Log", np.log)
_unary("Exp", np.exp)
_unary("Sin", np.sin)
_unary("Cos", np.cos)
_unary("Tanh", np.tanh)
_binary("Add", np.add)
_binary("Subtract", np.subtract)
_binary("Multiply", np.multiply)
_binary("Div", np.divide)
_binary("Minimum", np.minimum)
_binary("Maximum", np.maximum)


KERNELS["Hardswish"] = lambda node, inputs, arithmetic: arithmetic.hard_swish(inputs[0])
KERNELS["Gelu"] = lambda node, inputs, arithmetic: arithmetic.gelu(inputs[0])
KERNELS["Softmax"] = lambda node, inputs, arithmetic: arithmetic.softmax(inputs[0])


@_arithmetic("BatchMatrixMultiply")
def _product(node: XNNNode, inputs: Sequence[Any], arithmetic: Arithmetic) -> NDArray[Any]:
    first, second = inputs
    if node.options["flags"] & _TRANSPOSE_WEIGHTS:
        second = second.swapaxes(-1, -2)
    return arithmetic.product(first, second)


@_arithmetic("FullyConnected")
def _fully_connected(node: XNNNode, inputs: Sequence[Any], arithmetic: Arithmetic) -> NDArray[Any]:
    x, weight, bias = inputs
    return arithmetic.product(
        x, weight if node.options["flags"] & _TRANSPOSE_WEIGHTS else weight.T, bias
    )


@_arithmetic("Conv2d")
def _conv(node: XNNNode, inputs: Sequence[Any], arithmetic: Arithmetic) -> NDArray[Any]:
    """A convolution with weights [O, h, w, I / groups]."""
    x, weight, bias = inputs
    _check_dilations(node)
    (groups,) = node.options["groups"]
    padded = _channels_first(_padded(x, node.options["padding"], 0.0))
    strides = node.options["strides"]
    return _channels_last(
        arithmetic.convolution(
            padded, _channels_first(weight), bias, strides=strides, groups=groups
        )
    )


@_arithmetic("DepthwiseConv2d")
def _depthwise_conv(node: XNNNode, inputs: Sequence[Any], arithmetic: Arithmetic) -> NDArray[Any]:
    """A convolution of each channel with kernels of its own [1, h, w, C * multiplier]."""
    x, weight, bias = inputs
    _check_dilations(node)
    padded = _channels_first(_padded(x, node.options["padding"], 0.0))
    kernels = np.moveaxis(weight, -1, 0)
    strides, groups = node.options["strides"], x.shape[-1]
    return _channels_last(
        arithmetic.convolution(padded, kernels, bias, strides=strides, groups=groups)
    )


@_arithmetic("ConvTranspose2d")
def _conv_transpose(node: XNNNode, inputs: Sequence[Any], arithmetic: Arithmetic) -> NDArray[Any]:
    """A transposed convolution with weights [O, h, w, I / groups]."""
    x, weight, bias = inputs
    _check_dilations(node)
    (groups,) = node.options["groups"]
    strides = node.options["strides"]
    full = arithmetic.transposed_convolution(
        _channels_first(x), _channels_first(weight), bias, strides=strides, groups=groups
    )
    more_rows, more_cols = node.options["adjustment"]
    top, right, bottom, left = node.options["padding"]
    if more_rows > bottom or more_cols > right:
        raise ValueError("a transposed convolution with more around it than it computes")
    rows, cols = full.shape[2] + more_rows - bottom, full.shape[3] + more_cols - right
    return _channels_last(full[:, :, top:rows, left:cols])


def _check_dilations(node: XNNNode) -> None:
    if node.options["dilations"] != [1, 1]:
        raise ValueError("dilations are not known")


def _channels_last(x: Floats) -> NDArray[Any]:
    return np.moveaxis(x, 1, -1)


def _channels_first(x: Floats) -> Floats:
    return np.ascontiguousarray(np.moveaxis(x, -1, 1))


def _padded(x: Floats, padding: Sequence[int], value: float) -> Floats:
    """An image with ``value`` around it: so much at its top, right, bottom and left."""
    top, right, bottom, left = padding
    pairs = [(0, 0), (top, bottom), (left, right), (0, 0)]
    return np.pad(x, pairs, constant_values=value) if any(padding) else x


@_kernel("GlobalAvgPooling2d")
def _global_average(node: XNNNode, inputs: Sequence[Floats]) -> NDArray[Any]:
    keep = bool(node.options["flags"] & _KEEP_DIMS)
    return np.asarray(inputs[0].mean((1, 2), keepdims=keep))


@_kernel("AvgPooling2d", "MaxPooling2d")
def _pool(node: XNNNode, inputs: Sequence[Floats]) -> NDArray[Any]:
    """Pooling; an average is that of the pixels within the image."""
    down, right = node.options["strides"]
    kernel = tuple(node.options["kernel"])

    def windows(x: Floats, value: float) -> NDArray[Any]:
        padded = _padded(x, node.options["padding"], value)
        return sliding_window_view(padded, kernel, (1, 2))[:, ::down, ::right]

    if node.kind == "MaxPooling2d":
        return np.asarray(windows(inputs[0], -np.inf).max((-1, -2)))
    counts = windows(np.ones_like(inputs[0]), 0.0).sum((-1, -2))
    return np.asarray(windows(inputs[0], 0.0).sum((-1, -2)) / counts)


@_kernel("StaticTranspose")
def _transpose(node: XNNNode, inputs: Sequence[Floats]) -> NDArray[Any]:
    return inputs[0].transpose(node.options["perm"])


@_kernel("StaticResizeBilinear2D")
def _resize_bilinear(node: XNNNode, inputs: Sequence[Floats]) -> NDArray[Any]:
    aligned = bool(node.options["flags"] & _ALIGN_CORNERS)
    height, width = node.options["size"]
    rows = interpolated(inputs[0], -3, height, aligned=aligned)
    return interpolated(rows, -2, width, aligned=aligned)


@_kernel("StaticReshape")
def _reshape(node: XNNNode, inputs: Sequence[Floats]) -> NDArray[Any]:
    # A size of 0 is what the others leave.
    return inputs[0].reshape([size or -1 for size in node.options["shape"]])


@_kernel("StaticSlice")
def _slice(node: XNNNode, inputs: Sequence[Floats]) -> NDArray[Any]:
    pairs = zip(node.options["offsets"], node.options["sizes"], strict=True)
    return inputs[0][tuple(slice(start, start + size) for start, size in pairs)]


@_kernel("StaticConstantPad")
def _constant_pad(node: XNNNode, inputs: Sequence[Floats]) -> NDArray[Any]:
    pairs = list(zip(node.options["before"], node.options["behind"], strict=True))
    return np.pad(inputs[0], pairs, constant_values=node.options["value"])


@_kernel("Concatenate2", "Concatenate3", "Concatenate4", "Concatenate5")
def _concatenate(node: XNNNode, inputs: Sequence[Floats]) -> NDArray[Any]:
    return np.concatenate(inputs, node.options["axis"][0])
