"""What each op of an ML Program computes, in numpy.

Floating-point ops compute in float32 whatever their type; rounding results to half precision is
the interpreter's. Names and defaults are those of Core ML's operator sets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ..arithmetic import SINGLE, Arithmetic
from ..numpy_kernels import Floats, erf, interpolated, outputs_first
from .program import Operation, Value

Array = NDArray[Any]


class UnsupportedOperationError(ValueError):
    """An op, or a form of one, that the interpreter does not know."""


class Call:
    """One op with its arguments' values.

    Args:
        operation: The op.
        arguments: Values by the op's own names; optional ones may be missing.
        arithmetic: Computes what depends on rounding on the way.
    """

    def __init__(
        self,
        operation: Operation,
        arguments: Mapping[str, Sequence[Value]],
        arithmetic: Arithmetic = SINGLE,
    ) -> None:
        self.operation = operation
        self.arithmetic = arithmetic
        self._arguments = arguments

    def has(self, name: str) -> bool:
        """Whether an argument is given."""
        return name in self._arguments

    def arrays(self, name: str) -> list[Array]:
        """All tensors of an argument."""
        if name not in self._arguments:
            raise UnsupportedOperationError(f"{self.operation.kind} has no argument {name}")
        return [np.asarray(value) for value in self._arguments[name]]

    def array(self, name: str) -> Array:
        """A tensor; floats as float32."""
        (value,) = self.arrays(name)
        return value.astype(np.float32, copy=False) if value.dtype.kind == "f" else value

    def number(self, name: str, default: float | None = None) -> float:
        """A scalar."""
        if default is not None and not self.has(name):
            return default
        return float(self.array(name).reshape(()))

    def integers(self, name: str, default: Sequence[int] | None = None) -> list[int]:
        """Integers; a scalar is a list of one."""
        if default is not None and not self.has(name):
            return list(default)
        return [int(value) for value in self.array(name).reshape(-1)]

    def flag(self, name: str) -> bool:
        """A truth value, false where it is missing."""
        return self.has(name) and bool(self.array(name).reshape(()))

    def flags(self, name: str, count: int) -> list[bool]:
        """Truth values, false where they are missing."""
        return list(map(bool, self.array(name))) if self.has(name) else [False] * count

    def text(self, name: str, default: str) -> str:
        """A string."""
        if not self.has(name):
            return default
        (value,) = self._arguments[name]
        return value if isinstance(value, str) else default

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the first output."""
        return self.operation.outputs[0].type.shape

    def refuse(self, what: str) -> UnsupportedOperationError:
        """The error for a form of this op that is not known."""
        return UnsupportedOperationError(f"{self.operation.kind} with {what}")


Kernel = Callable[[Call], Array | tuple[Array, ...]]

KERNELS: dict[str, Kernel] = {}
"""By kind of op."""


def _kernel(*kinds: str) -> Callable[[Kernel], Kernel]:
    def register(kernel: Kernel) -> Kernel:
        KERNELS.update(dict.fromkeys(kinds, kernel))
        return kernel

    return register


def _elementwise(kind: str, function: Callable[[Floats], Array]) -> None:
    KERNELS[kind] = lambda call: function(call.array("x"))


def _binary(kind: str, function: Callable[[Array, Array], Array]) -> None:
    KERNELS[kind] = lambda call: function(call.array("x"), call.array("y"))


_elementwise("identity", lambda x: x)
_elementwise("relu", lambda x: np.maximum(x, 0))
_elementwise("relu6", lambda x: np.clip(x, 0, 6))
_elementwise("sqrt", np.sqrt)
_elementwise("square", np.square)
_elementwise("exp", np.exp)
_elementwise("erf", erf)
_elementwise("tanh", np.tanh)
_elementwise("sigmoid", lambda x: 1 / (1 + np.exp(-x)))
_elementwise("silu", lambda x: x / (1 + np.exp(-x)))
_binary("add", np.add)
_binary("sub", np.subtract)
_binary("mul", np.multiply)
_binary("real_div", np.divide)
_binary("maximum", np.maximum)
_binary("minimum", np.minimum)
_binary("pow", np.power)


@_kernel("rsqrt")
def _rsqrt(call: Call) -> Array:
    return 1 / np.sqrt(call.array("x") + np.float32(call.number("epsilon", 1e-12)))


@_kernel("sigmoid_hard")
def _sigmoid_hard(call: Call) -> Array:
    alpha, beta = call.number("alpha", 0.2), call.number("beta", 0.5)
    return np.clip(np.float32(alpha) * call.array("x") + np.float32(beta), 0, 1)


@_kernel("thresholded_relu")
def _thresholded_relu(call: Call) -> Array:
    x = call.array("x")
    return np.where(x >= np.float32(call.number("alpha", 1.0)), x, np.float32(0))


@_kernel("clip")
def _clip(call: Call) -> Array:
    return np.clip(
        call.array("x"), np.float32(call.number("alpha")), np.float32(call.number("beta"))
    )


@_kernel("gelu")
def _gelu(call: Call) -> Array:
    x = call.array("x")
    mode = call.text("mode", "EXACT")
    half, one = np.float32(0.5), np.float32(1)
    if mode == "EXACT":
        return call.arithmetic.gelu(x)
    if mode == "TANH_APPROXIMATION":
        inner = np.float32(np.sqrt(2 / np.pi)) * (x + np.float32(0.044715) * x * x * x)
        return half * x * (one + np.tanh(inner))
    raise call.refuse(f"mode {mode}")


@_kernel("softmax")
def _softmax(call: Call) -> Array:
    return call.arithmetic.softmax(call.array("x"), call.integers("axis", [-1])[0])


@_kernel("reduce_mean", "reduce_sum", "reduce_max")
def _reduce(call: Call) -> Array:
    x = call.array("x")
    axes = tuple(call.integers("axes", range(x.ndim)))
    functions: dict[str, Callable[..., Any]] = {
        "reduce_mean": np.mean,
        "reduce_sum": np.sum,
        "reduce_max": np.max,
    }
    function = functions[call.operation.kind]
    return np.asarray(function(x, axis=axes, keepdims=call.flag("keep_dims")))


@_kernel("batch_norm")
def _batch_norm(call: Call) -> Array:
    x = call.array("x")
    variance = call.array("variance") + np.float32(call.number("epsilon", 1e-5))
    scale = 1 / np.sqrt(variance)
    if call.has("gamma"):
        scale = scale * call.array("gamma")
    shift = -call.array("mean") * scale
    if call.has("beta"):
        shift = shift + call.array("beta")
    channels = (-1, *[1] * (x.ndim - 2))
    return x * scale.reshape(channels) + shift.reshape(channels)


@_kernel("layer_norm")
def _layer_norm(call: Call) -> Array:
    x = call.array("x")
    axes = tuple(axis % x.ndim for axis in call.integers("axes", range(x.ndim)))
    centred = x - x.mean(axes, keepdims=True)
    variance = np.square(centred).mean(axes, keepdims=True)
    result = centred / np.sqrt(variance + np.float32(call.number("epsilon", 1e-5)))
    spread = [size if axis in axes else 1 for axis, size in enumerate(x.shape)]
    if call.has("gamma"):
        result = result * call.array("gamma").reshape(spread)
    if call.has("beta"):
        result = result + call.array("beta").reshape(spread)
    return np.asarray(result)


@_kernel("matmul")
def _matmul(call: Call) -> Array:
    x, y = call.array("x"), call.array("y")
    if call.flag("transpose_x"):
        x = x.swapaxes(-1, -2)
    if call.flag("transpose_y"):
        y = y.swapaxes(-1, -2)
    return call.arithmetic.product(x, y)


@_kernel("linear")
def _linear(call: Call) -> Array:
    bias = call.array("bias") if call.has("bias") else None
    return call.arithmetic.product(call.array("x"), call.array("weight").T, bias)


@_kernel("conv")
def _conv(call: Call) -> Array:
    x, weight = _padded(call, call.array("x")), call.array("weight")
    if x.ndim != 4 or call.integers("dilations", [1, 1]) != [1, 1]:
        raise call.refuse("another rank than 4, or dilations")
    groups = call.integers("groups", [1])[0]
    strides = call.integers("strides", [1, 1])
    return call.arithmetic.convolution(x, weight, _bias(call), strides=strides, groups=groups)


def _bias(call: Call) -> Floats | None:
    return call.array("bias").reshape(-1) if call.has("bias") else None


def _padded(call: Call, x: Floats) -> Floats:
    """The input [N, C, H, W] of a convolution or a pooling with its zeros around it."""
    kind = call.text("pad_type", "valid")
    if kind == "valid":
        return x
    if kind != "custom":
        raise call.refuse(f"pad_type {kind}")
    sizes = call.integers("pad")
    pairs = list(zip(sizes[::2], sizes[1::2], strict=True))
    return np.pad(x, [(0, 0), (0, 0), *pairs]) if any(sizes) else x


@_kernel("conv_transpose")
def _conv_transpose(call: Call) -> Array:
    x, weight = call.array("x"), call.array("weight")
    if x.ndim != 4 or call.integers("dilations", [1, 1]) != [1, 1]:
        raise call.refuse("another rank than 4, or dilations")
    groups = call.integers("groups", [1])[0]
    strides = call.integers("strides", [1, 1])
    full = call.arithmetic.transposed_convolution(
        x, outputs_first(weight, groups), _bias(call), strides=strides, groups=groups
    )
    return _cropped(call, full, _bias(call))


def _cropped(call: Call, full: Floats, bias: Floats | None) -> Floats:
    """A transposed convolution's output without its padding, of the size that the op states.

    Beyond what is computed there is the bias alone.
    """
    kind = call.text("pad_type", "valid")
    if kind not in ("valid", "custom"):
        raise call.refuse(f"pad_type {kind}")
    pads = call.integers("pad") if kind == "custom" else [0, 0, 0, 0]
    top, left = pads[0], pads[2]
    rows, cols = call.shape[2:]
    missing = [max(0, top + rows - full.shape[2]), max(0, left + cols - full.shape[3])]
    if any(missing):
        computed = full
        full = np.pad(computed, [(0, 0), (0, 0), (0, missing[0]), (0, missing[1])])
        if bias is not None:
            full += bias.reshape(-1, 1, 1)
            full[:, :, : computed.shape[2], : computed.shape[3]] = computed
    return full[:, :, top : top + rows, left : left + cols]


@_kernel("avg_pool", "max_pool")
def _pool(call: Call) -> Array:
    x = call.array("x")
    if x.ndim != 4 or call.text("pad_type", "valid") != "valid":
        raise call.refuse("another rank than 4, or padding")
    sizes = tuple(call.integers("kernel_sizes"))
    strides = call.integers("strides", [1, 1])
    windows = sliding_window_view(x, sizes, (2, 3))[:, :, :: strides[0], :: strides[1]]
    average = call.operation.kind == "avg_pool"
    return np.asarray(windows.mean((4, 5)) if average else windows.max((4, 5)))


@_kernel("upsample_nearest_neighbor")
def _upsample_nearest_neighbor(call: Call) -> Array:
    x = call.array("x")
    for axis, side in ((-2, "height"), (-1, "width")):
        factor = call.number(f"scale_factor_{side}", 1)
        if factor != int(factor):
            raise call.refuse(f"scale_factor_{side} {factor:g}")
        x = x.repeat(int(factor), axis)
    return x


@_kernel("upsample_bilinear")
def _upsample_bilinear(call: Call) -> Array:
    aligned = call.flag("align_corners") or not call.has("align_corners")
    if call.has("half_pixel_centers") and call.flag("half_pixel_centers") == aligned:
        raise call.refuse("corners and centres that do not go together")
    x = call.array("x")
    for axis in (-2, -1):
        x = interpolated(x, axis, call.shape[axis], aligned=aligned)
    return x


@_kernel("reshape", "expand_dims", "squeeze")
def _reshape(call: Call) -> Array:
    return call.array("x").reshape(call.shape)


@_kernel("transpose")
def _transpose(call: Call) -> Array:
    return call.array("x").transpose(call.integers("perm"))


@_kernel("concat")
def _concat(call: Call) -> Array:
    if call.flag("interleave"):
        raise call.refuse("interleave")
    return np.concatenate(call.arrays("values"), call.integers("axis")[0])


@_kernel("split")
def _split(call: Call) -> tuple[Array, ...]:
    axis = call.integers("axis")[0]
    sizes = [output.type.shape[axis] for output in call.operation.outputs]
    return tuple(np.split(call.array("x"), np.cumsum(sizes)[:-1], axis))


@_kernel("slice_by_size")
def _slice_by_size(call: Call) -> Array:
    x = call.array("x")
    parts = zip(call.integers("begin"), call.shape, x.shape, strict=True)
    starts = ((begin % whole if begin < 0 else begin, size) for begin, size, whole in parts)
    return np.asarray(x[tuple(slice(start, start + size) for start, size in starts)])


@_kernel("slice_by_index")
def _slice_by_index(call: Call) -> Array:
    x = call.array("x")
    strides = call.integers("stride", [1] * x.ndim)
    from_start, to_end = call.flags("begin_mask", x.ndim), call.flags("end_mask", x.ndim)
    single = call.flags("squeeze_mask", x.ndim)
    begins, ends = call.integers("begin"), call.integers("end")
    parts: list[int | slice] = []
    for axis in range(x.ndim):
        begin = None if from_start[axis] else begins[axis]
        end = None if to_end[axis] else ends[axis]
        parts.append((begin or 0) if single[axis] else slice(begin, end, strides[axis]))
    return np.asarray(x[tuple(parts)])


@_kernel("cast")
def _cast(call: Call) -> Array:
    kinds = {"fp16": np.float32, "fp32": np.float32, "int32": np.int32, "bool": np.bool_}
    dtype = call.text("dtype", "")
    if dtype not in kinds:
        raise call.refuse(f"dtype {dtype}")
    return call.array("x").astype(kinds[dtype])


@_kernel("quantize")
def _quantize(call: Call) -> Array:
    x = call.array("input")
    limits = {"int8": np.iinfo(np.int8), "uint8": np.iinfo(np.uint8)}
    dtype = call.text("output_dtype", "")
    if dtype not in limits:
        raise call.refuse(f"output_dtype {dtype}")
    steps = np.asarray(x / _along_axis(call, "scale", x.ndim))
    np.rint(steps, out=steps)
    if call.has("zero_point"):
        steps += _along_axis(call, "zero_point", x.ndim).astype(np.float32)
    return np.clip(steps, limits[dtype].min, limits[dtype].max, out=steps).astype(dtype)


@_kernel("dequantize")
def _dequantize(call: Call) -> Array:
    steps = call.array("input").astype(np.float32)
    if call.has("zero_point"):
        steps -= _along_axis(call, "zero_point", steps.ndim).astype(np.float32)
    steps *= _along_axis(call, "scale", steps.ndim)
    return steps


def _along_axis(call: Call, name: str, rank: int) -> Array:
    """A parameter per tensor, or per channel of the op's axis, in a shape that spreads."""
    values = call.array(name)
    if values.ndim == 0:
        return values
    axis = call.integers("axis")[0]
    return values.reshape([-1 if number == axis % rank else 1 for number in range(rank)])


@_kernel("classify")
def _classify(call: Call) -> tuple[Array, ...]:
    """The best class's name, and the probabilities, which Core ML gives names to."""
    probabilities = call.array("probabilities")
    (classes,) = call.arrays("classes")
    return np.asarray(classes[probabilities.reshape(-1).argmax()]), probabilities
