"""What the ops of a TFLite file that round on the way compute in half precision, in numpy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arithmetic import Arithmetic
from ..numpy_kernels import Floats

_SAME = 0
"""The schema's padding of zeros around the image."""

_ACTIVATIONS: dict[int, tuple[float | None, float | None]] = {
    0: (None, None),
    1: (0, None),  # RELU
    2: (-1, 1),  # RELU_N1_TO_1
    3: (0, 6),  # RELU6
}
"""What fused activations clip at, by the schema's numbers."""


class HalfOp:
    """One op.

    Args:
        options: What the schema states of it.
        shape: Of its output.
        arithmetic: Computes it.
    """

    def __init__(self, options: Any, shape: Sequence[int], arithmetic: Arithmetic) -> None:
        self._options = options
        self._shape = tuple(shape)
        self._arithmetic = arithmetic

    def computed(self, kind: str, inputs: Sequence[Any]) -> NDArray[Any]:
        """The op's output.

        Args:
            kind: One of :data:`KERNELS`.
            inputs: Its inputs, None for those that are left out.

        Raises:
            ValueError: The op has a form that is not known.
        """
        result = KERNELS[kind](self, *inputs)
        number = getattr(self._options, "fusedActivationFunction", 0)
        if number not in _ACTIVATIONS:
            raise ValueError(f"{kind} with the fused activation {number}")
        least, most = _ACTIVATIONS[number]
        if least is not None or most is not None:
            result = np.clip(result, least, most)
        return result.astype(np.float32, copy=False).reshape(self._shape)

    def convolution(self, x: Floats, weight: Floats, bias: Floats | None = None) -> Floats:
        """A convolution of [N, H, W, C] with kernels [O, h, w, C / groups]."""
        return self._convolved(x, _channels_first(weight), bias, x.shape[-1] // weight.shape[-1])

    def depthwise(self, x: Floats, weight: Floats, bias: Floats | None = None) -> Floats:
        """A convolution of each channel with kernels of its own [1, h, w, C * multiplier]."""
        return self._convolved(x, np.moveaxis(weight, -1, 0), bias, x.shape[-1])

    def _convolved(self, x: Floats, kernels: Floats, bias: Floats | None, groups: int) -> Floats:
        options = self._options
        if (options.dilationHFactor, options.dilationWFactor) != (1, 1):
            raise ValueError("dilations are not known")
        strides = options.strideH, options.strideW
        if options.padding == _SAME:
            x = _padded(x, kernels.shape[2:], strides)
        result = self._arithmetic.convolution(
            _channels_first(x), kernels, bias, strides=strides, groups=groups
        )
        return np.moveaxis(result, 1, -1)

    def transposed(
        self, shape: NDArray[Any], weight: Floats, x: Floats, bias: Floats | None = None
    ) -> Floats:
        """A transposed convolution of [N, H, W, C] with kernels [O, h, w, C] to a shape."""
        strides = self._options.strideH, self._options.strideW
        full = self._arithmetic.transposed_convolution(
            _channels_first(x), _channels_first(weight), bias, strides=strides
        )
        rows, cols = map(int, shape[1:3])
        top = left = 0
        if self._options.padding == _SAME:
            top, left = max(0, full.shape[2] - rows) // 2, max(0, full.shape[3] - cols) // 2
        return np.moveaxis(full[:, :, top : top + rows, left : left + cols], 1, -1)

    def fully_connected(self, x: Floats, weight: Floats, bias: Floats | None = None) -> Floats:
        """A product with weights [O, I], of which each row is one image's."""
        return self._arithmetic.product(x.reshape(-1, weight.shape[1]), weight.T, bias)

    def product(self, first: Floats, second: Floats) -> Floats:
        """A product of two activations."""
        if self._options.adjX:
            first = first.swapaxes(-1, -2)
        if self._options.adjY:
            second = second.swapaxes(-1, -2)
        return self._arithmetic.product(first, second)

    def hard_swish(self, x: Floats) -> Floats:
        """See :class:`Arithmetic`."""
        return self._arithmetic.hard_swish(x)

    def gelu(self, x: Floats) -> Floats:
        """See :class:`Arithmetic`."""
        if self._options.approximate:
            raise ValueError("the approximate GELU is not known")
        return self._arithmetic.gelu(x)

    def softmax(self, x: Floats) -> Floats:
        """See :class:`Arithmetic`."""
        if self._options.beta != 1:
            raise ValueError("a softmax of other powers than e's is not known")
        return self._arithmetic.softmax(x)


KERNELS: dict[str, Callable[..., Floats]] = {
    "CONV_2D": HalfOp.convolution,
    "DEPTHWISE_CONV_2D": HalfOp.depthwise,
    "TRANSPOSE_CONV": HalfOp.transposed,
    "FULLY_CONNECTED": HalfOp.fully_connected,
    "BATCH_MATMUL": HalfOp.product,
    "HARD_SWISH": HalfOp.hard_swish,
    "GELU": HalfOp.gelu,
    "SOFTMAX": HalfOp.softmax,
}
"""By kind of op."""


def _channels_first(x: Floats) -> Floats:
    return np.ascontiguousarray(np.moveaxis(x, -1, 1))


def _padded(x: Floats, kernel: Sequence[int], strides: Sequence[int]) -> Floats:
    """An image [N, H, W, C] with the zeros of SAME: the odd one at the bottom and right."""
    pairs = []
    for size, side, stride in zip(x.shape[1:3], kernel, strides, strict=True):
        missing = max(0, (-(-size // stride) - 1) * stride + side - size)
        pairs.append((missing // 2, missing - missing // 2))
    return np.pad(x, [(0, 0), *pairs, (0, 0)])
