"""What the ops of an ONNX graph that round on the way compute in half precision, in numpy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arithmetic import Arithmetic
from ..numpy_kernels import Floats, outputs_first


class HalfNode:
    """One node.

    Args:
        attributes: By name, as far as the file states them.
        arithmetic: Computes it.
    """

    def __init__(self, attributes: Mapping[str, Any], arithmetic: Arithmetic) -> None:
        self._attributes = attributes
        self._arithmetic = arithmetic

    def computed(self, kind: str, inputs: Sequence[Any]) -> NDArray[Any]:
        """The node's output.

        Args:
            kind: One of :data:`KERNELS`.
            inputs: Its inputs, None for those that are left out.

        Raises:
            ValueError: The node has a form that is not known.
        """
        return np.asarray(KERNELS[kind](self, *inputs))

    def convolution(self, x: Floats, weight: Floats, bias: Floats | None = None) -> Floats:
        """A convolution of [N, C, H, W] with kernels [O, C / groups, h, w]."""
        top, left, bottom, right = self._geometry(x)
        padded = np.pad(x, [(0, 0), (0, 0), (top, bottom), (left, right)])
        strides = self._attributes.get("strides", (1, 1))
        groups = self._attributes.get("group", 1)
        return self._arithmetic.convolution(padded, weight, bias, strides=strides, groups=groups)

    def transposed(self, x: Floats, weight: Floats, bias: Floats | None = None) -> Floats:
        """A transposed convolution of [N, C, H, W] with kernels [C, O / groups, h, w]."""
        top, left, bottom, right = self._geometry(x)
        if "output_shape" in self._attributes:
            raise ValueError("a stated output shape is not known")
        groups = self._attributes.get("group", 1)
        kernels = outputs_first(weight, groups)
        strides = self._attributes.get("strides", (1, 1))
        full = self._arithmetic.transposed_convolution(
            x, kernels, bias, strides=strides, groups=groups
        )
        down, across = self._attributes.get("output_padding", (0, 0))
        if down > bottom or across > right:
            raise ValueError("a transposed convolution with more around it than it computes")
        rows, cols = full.shape[2] + down - bottom, full.shape[3] + across - right
        return full[:, :, top:rows, left:cols]

    def _geometry(self, x: Floats) -> Sequence[int]:
        """The zeros at an image's top, left, bottom and right."""
        if x.ndim != 4 or set(self._attributes.get("dilations", ())) - {1}:
            raise ValueError("another rank than 4, or dilations, are not known")
        if self._attributes.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
            raise ValueError("padding by auto_pad is not known")
        pads: Sequence[int] = self._attributes.get("pads", (0, 0, 0, 0))
        return pads

    def fully_connected(self, x: Floats, weight: Floats, bias: Floats | None = None) -> Floats:
        """A product with weights, as Gemm has it."""
        if {self._attributes.get(name, 1.0) for name in ("alpha", "beta")} != {1.0}:
            raise ValueError("a Gemm with factors is not known")
        first = x.T if self._attributes.get("transA") else x
        second = weight.T if self._attributes.get("transB") else weight
        return self._arithmetic.product(first, second, bias)

    def product(self, first: Floats, second: Floats) -> Floats:
        """A product of matrices."""
        if min(first.ndim, second.ndim) < 2:
            raise ValueError("a product of vectors is not known")
        return self._arithmetic.product(first, second)

    def hard_swish(self, x: Floats) -> Floats:
        """See :class:`Arithmetic`."""
        return self._arithmetic.hard_swish(x)

    def gelu(self, x: Floats) -> Floats:
        """See :class:`Arithmetic`."""
        if self._attributes.get("approximate", b"none") != b"none":
            raise ValueError("the approximate GELU is not known")
        return self._arithmetic.gelu(x)

    def softmax(self, x: Floats) -> Floats:
        """See :class:`Arithmetic`."""
        return self._arithmetic.softmax(x, self._attributes.get("axis", -1))


KERNELS: dict[str, Callable[..., Floats]] = {
    "Conv": HalfNode.convolution,
    "ConvTranspose": HalfNode.transposed,
    "Gemm": HalfNode.fully_connected,
    "MatMul": HalfNode.product,
    "HardSwish": HalfNode.hard_swish,
    "Gelu": HalfNode.gelu,
    "Softmax": HalfNode.softmax,
}
"""By kind of node."""
