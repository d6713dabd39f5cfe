"""What the numbers of an op are computed in: single precision, or half as processors have it."""

from __future__ import annotations

import abc
from collections.abc import Sequence

import numpy as np

from .numpy_kernels import Floats, depthwise, erf, grouped


class Arithmetic(abc.ABC):
    """Computes the ops whose result depends on how a processor rounds on the way."""

    @abc.abstractmethod
    def product(self, first: Floats, second: Floats, bias: Floats | None = None) -> Floats:
        """The product of matrices.

        Args:
            first: [..., M, K].
            second: [..., K, N].
            bias: What is added to each row, [N].

        Returns:
            [..., M, N].
        """

    @abc.abstractmethod
    def convolution(
        self,
        x: Floats,
        weight: Floats,
        bias: Floats | None = None,
        *,
        strides: Sequence[int] = (1, 1),
        groups: int = 1,
    ) -> Floats:
        """A convolution without padding.

        Args:
            x: [N, C, H, W].
            weight: [O, C / groups, h, w].
            bias: What is added to each channel, [O].
            strides: Down and right.
            groups: Of channels.

        Returns:
            [N, O, rows, columns].
        """

    def transposed_convolution(
        self,
        x: Floats,
        weight: Floats,
        bias: Floats | None = None,
        *,
        strides: Sequence[int] = (1, 1),
        groups: int = 1,
    ) -> Floats:
        """A transposed convolution whole, with what padding would cut off.

        It is a convolution of the image with zeros between its pixels, with the kernels turned
        around; zeros add nothing, rounded or not.

        Args:
            x: [N, C, H, W].
            weight: [O, C / groups, h, w].
            bias: What is added to each channel, [O].
            strides: Down and right.
            groups: Of channels.

        Returns:
            [N, O, (H - 1) * down + h, (W - 1) * right + w].
        """
        height, width = weight.shape[2:]
        batch, channels, rows, cols = x.shape
        down, right = strides
        whole_rows, whole_cols = (rows - 1) * down + height, (cols - 1) * right + width
        shape = (batch, channels, whole_rows + height - 1, whole_cols + width - 1)
        spread = np.zeros(shape, np.float32)
        spread[:, :, height - 1 : whole_rows : down, width - 1 : whole_cols : right] = x
        turned = np.ascontiguousarray(weight[:, :, ::-1, ::-1])
        return self.convolution(spread, turned, bias, groups=groups)

    @abc.abstractmethod
    def hard_swish(self, x: Floats) -> Floats:
        """``x * clip(x + 3, 0, 6) / 6``."""

    @abc.abstractmethod
    def gelu(self, x: Floats) -> Floats:
        """``x / 2 * (1 + erf(x / sqrt(2)))``."""

    @abc.abstractmethod
    def softmax(self, x: Floats, axis: int = -1) -> Floats:
        """Powers of e, of which those along an axis add up to one."""


class SingleArithmetic(Arithmetic):
    """Computes in float32."""

    def product(self, first: Floats, second: Floats, bias: Floats | None = None) -> Floats:
        result = first @ second
        return result if bias is None else result + bias

    def convolution(
        self,
        x: Floats,
        weight: Floats,
        bias: Floats | None = None,
        *,
        strides: Sequence[int] = (1, 1),
        groups: int = 1,
    ) -> Floats:
        if groups == weight.shape[0] == x.shape[1]:
            result = depthwise(x, weight, strides)
        else:
            result = grouped(x, weight, strides, groups)
        return result if bias is None else result + bias.reshape(-1, 1, 1)

    def hard_swish(self, x: Floats) -> Floats:
        return x * np.clip(x + np.float32(3), 0, 6) / np.float32(6)

    def gelu(self, x: Floats) -> Floats:
        return np.float32(0.5) * x * (1 + erf(x * np.float32(np.sqrt(0.5))))

    def softmax(self, x: Floats, axis: int = -1) -> Floats:
        powers = np.exp(x - x.max(axis, keepdims=True))
        return np.asarray(powers / powers.sum(axis, keepdims=True))


SINGLE = SingleArithmetic()
