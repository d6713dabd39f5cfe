"""Half precision as XNNPACK computes on ARM, and LiteRT on GPUs: every value is rounded to it.

Means, and the sums of a softmax, are float32's there too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .arithmetic import SingleArithmetic
from .numpy_kernels import Floats, erf

LARGEST = 65504.0
"""Of half precision."""

_SAFE = LARGEST / 2
"""Sums of magnitudes below it stay within half precision, rounded up at each step or not."""

_EXPONENT = np.int32(0x7F800000)
"""The bits of a float32 that say which power of two it begins with."""

_LEAST_NORMAL = np.float32(2**-14)
"""Below it half precision's steps do not get smaller."""

_SHIFT = np.float32(1.5 * 2**13)
"""What, times its power of two, added and taken away cuts a float32 at half's 11 bits."""

_BLOCK = 1 << 16
"""How many sums are worked on at once, so that they stay in the processor's cache."""

_ZERO, _HALF, _SIXTH, _ROOT = (np.float32(np.float16(x)) for x in (0, 0.5, 1 / 6, np.sqrt(0.5)))


def to_half(values: Floats) -> Floats:
    """Numbers rounded to half precision; beyond it they are infinite."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(values).astype(np.float16).astype(np.float32)


class RoundedArithmetic(SingleArithmetic):
    """Sums in float32, for whoever computes an op to round what comes of it.

    Functions of several steps are rounded after each. What overflows is infinite, and warned of
    where the caller does not say otherwise.
    """

    def hard_swish(self, x: Floats) -> Floats:
        clipped = np.clip(to_half(x + np.float32(3)), _ZERO, np.float32(6))
        return to_half(to_half(x * _SIXTH) * clipped)

    def gelu(self, x: Floats) -> Floats:
        inner = to_half(erf(to_half(x * _ROOT)))
        return to_half(to_half(_HALF * x) * to_half(np.float32(1) + inner))

    def softmax(self, x: Floats, axis: int = -1) -> Floats:
        powers = to_half(np.exp(to_half(x - x.max(axis, keepdims=True))))
        total = to_half(powers.sum(axis, keepdims=True))
        return to_half(powers * to_half(np.float32(1) / total))


@dataclasses.dataclass(frozen=True)
class HalfArithmetic(RoundedArithmetic):
    """Sums in half precision, and rounds after each product.

    A kernel's positions are summed one after the other, and the channels within each. The exact
    product of two half precision numbers fits into a float32. Sums for few pixels are spread over
    several chains, which are then added up by halves.

    Attributes:
        few: Up to how many pixels or rows are few.
        chains: Of the sums for few.
        block: How many channels in turn go to a chain.
        fused: Whether a product is added as it is, or rounded first.
        bias_first: Whether sums begin with the bias, or it is added to their ends.
    """

    few: int
    chains: int
    block: int
    fused: bool
    bias_first: bool

    def product(self, first: Floats, second: Floats, bias: Floats | None = None) -> Floats:
        first, second = to_half(first), to_half(second)
        batch = np.broadcast_shapes(first.shape[:-2], second.shape[:-2])
        first = np.broadcast_to(first, (*batch, *first.shape[-2:]))
        second = np.broadcast_to(second, (*batch, *second.shape[-2:]))
        rows = np.moveaxis(first, -1, 0)[..., None]
        columns = np.moveaxis(second, -2, 0)[..., None, :]
        return self._summed(rows, columns, bias)

    def convolution(
        self,
        x: Floats,
        weight: Floats,
        bias: Floats | None = None,
        *,
        strides: Sequence[int] = (1, 1),
        groups: int = 1,
    ) -> Floats:
        x, weight = to_half(x), to_half(weight)
        outputs, _, height, width = weight.shape
        windows = sliding_window_view(x, (height, width), (2, 3))
        windows = windows[:, :, :: strides[0], :: strides[1]]
        batch, channels, rows, cols = windows.shape[:4]
        taps = height * width * channels // groups
        # [taps, N, groups, pixels, 1] by [taps, groups, 1, outputs of a group]
        images = windows.reshape(batch, groups, -1, rows, cols, height, width)
        images = images.transpose(5, 6, 2, 0, 1, 3, 4).reshape(taps, batch, groups, rows * cols, 1)
        kernels = weight.reshape(groups, outputs // groups, -1, height, width)
        kernels = kernels.transpose(3, 4, 2, 0, 1).reshape(taps, groups, 1, outputs // groups)
        start = None if bias is None else bias.reshape(groups, 1, outputs // groups)
        result = self._summed(images, kernels, start)
        return np.ascontiguousarray(np.swapaxes(result, -1, -2)).reshape(batch, outputs, rows, cols)

    def _summed(self, rows: Floats, columns: Floats, bias: Floats | None) -> Floats:
        """Sums of products [K, ..., M, 1] by [K, ..., 1, N], halves."""
        start = _ZERO if bias is None or not self.bias_first else to_half(bias)
        if rows.shape[-2] <= self.few and len(rows) >= self.chains * self.block:
            total = self._chains(rows, columns, start)
        else:
            total = self._chain(rows, columns, start)
        return total if bias is None or self.bias_first else to_half(total + to_half(bias))

    def _chains(self, rows: Floats, columns: Floats, start: Floats | np.float32) -> Floats:
        """The same over several chains."""
        chain = np.arange(len(rows)) // self.block % self.chains
        parts = [
            self._chain(rows[chain == one], columns[chain == one], _ZERO if one else start)
            for one in range(self.chains)
        ]
        while len(parts) > 1:
            half = len(parts) // 2
            with np.errstate(all="ignore"):
                parts = [to_half(parts[one] + parts[one + half]) for one in range(half)]
        return parts[0]

    def _chain(self, rows: Floats, columns: Floats, start: Floats | np.float32) -> Floats:
        """One chain of sums, [..., M, N]."""
        shape = np.broadcast_shapes(rows.shape[1:], columns.shape[1:])
        result = np.empty(shape, np.float32)
        step = max(1, _BLOCK * shape[-2] // max(1, result.size))
        for first in range(0, shape[-2], step):
            part = np.ascontiguousarray(rows[..., first : first + step, :])
            result[..., first : first + step, :] = self._block(part, columns, start)
        return result

    def _block(self, rows: Floats, columns: Floats, start: Floats | np.float32) -> Floats:
        total = np.empty(np.broadcast_shapes(rows.shape[1:], columns.shape[1:]), np.float32)
        total[...] = start
        with np.errstate(over="ignore", invalid="ignore"):
            most = np.abs(total) + _magnitude(rows, columns)
            is_safe = bool(most.max(initial=0.0) < _SAFE)
            round_to_half = _round_within_half if is_safe else _round_to_half
            product, scratch = np.empty_like(total), np.empty_like(total)
            for row, column in zip(rows, columns, strict=True):
                np.multiply(row, column, out=product)
                if not self.fused:
                    round_to_half(product, scratch)
                total += product
                round_to_half(total, scratch)
        return total


def _magnitude(rows: Floats, columns: Floats) -> Floats:
    """What the sums come to at most, whatever the signs: [..., M, N]."""
    first = np.moveaxis(np.abs(rows[..., 0]), 0, -1)
    second = np.moveaxis(np.abs(columns[..., 0, :]), 0, -2)
    return np.matmul(first, second)


def _round_within_half(values: Floats, scratch: Floats) -> None:
    """Rounds numbers that half precision has room for, in their place."""
    np.bitwise_and(values.view(np.int32), _EXPONENT, out=scratch.view(np.int32))
    np.maximum(scratch, _LEAST_NORMAL, out=scratch)
    scratch *= _SHIFT
    values += scratch
    values -= scratch


def _round_to_half(values: Floats, scratch: Floats) -> None:
    """Rounds numbers, in their place; beyond half precision they are infinite."""
    values[...] = values.astype(np.float16)


ROUNDED = RoundedArithmetic()

ARM = HalfArithmetic(few=1, chains=4, block=1, fused=True, bias_first=True)
"""As XNNPACK's kernels for ARM's half precision."""

GPU = HalfArithmetic(few=16, chains=8, block=4, fused=False, bias_first=False)
"""As LiteRT's GPU accelerator in half precision, without its Winograd convolutions."""
