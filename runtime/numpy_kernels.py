"""What numpy lacks of neural networks: the error function, convolutions, and interpolation."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

_STEPS_PER_UNIT = 512
_END = 6.0
"""erf(x) is 1 in float64 from here on, to 2e-17."""


Floats = NDArray[np.float32]


def erf(x: Floats) -> Floats:
    """The error function, to the precision of float32.

    erf(x) = 2 / sqrt(pi) * integral of exp(-t^2) from 0 to x.

    Between nodes of a table the cubic with the exact values and slopes of both ends is taken
    (Hermite's interpolation); its error is at most max |erf''''| h^4 / 384 < 2e-13.
    """
    values, slopes = _table()
    magnitude = np.minimum(np.abs(x), np.float32(_END))
    place = np.nan_to_num(magnitude.astype(np.float64)) * _STEPS_PER_UNIT
    index = np.minimum(place.astype(np.intp), len(values) - 2)
    t = place - index
    low, high = values[index], values[index + 1]
    rise, fall = slopes[index], slopes[index + 1]
    change = high - low
    result = low + t * (rise + t * (3 * change - 2 * rise - fall + t * (rise + fall - 2 * change)))
    return np.where(np.isnan(x), x, np.copysign(result, x)).astype(np.float32)


@functools.cache
def _table() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Erf at equidistant nodes, and its slope times their distance."""
    nodes = np.arange(int(_END * _STEPS_PER_UNIT) + 1) / _STEPS_PER_UNIT
    values = np.array([math.erf(node) for node in nodes])
    slopes = 2 / math.sqrt(math.pi) * np.exp(-nodes * nodes) / _STEPS_PER_UNIT
    return values, slopes


def depthwise(x: Floats, weight: Floats, strides: Sequence[int]) -> Floats:
    """A convolution of each channel [N, C, H, W] with its own kernel [C, 1, h, w]."""
    rows, cols = _output_size(x, weight.shape[2:], strides)
    result = np.zeros((*x.shape[:2], rows, cols), np.float32)
    for row in range(weight.shape[2]):
        for col in range(weight.shape[3]):
            taps = weight[:, 0, row, col].reshape(-1, 1, 1)
            result += taps * x[_tap(row, col, rows, cols, strides)]
    return result


def grouped(x: Floats, weight: Floats, strides: Sequence[int], groups: int) -> Floats:
    """A convolution as matrix products of weights and unfolded images."""
    batch, channels = x.shape[:2]
    outputs, _, height, width = weight.shape
    rows, cols = _output_size(x, (height, width), strides)
    if (height, width) == (1, 1) and list(strides) == [1, 1]:
        columns = x
    else:
        windows = sliding_window_view(x, (height, width), (2, 3))
        windows = windows[:, :, :: strides[0], :: strides[1]]
        columns = np.ascontiguousarray(windows.transpose(0, 1, 4, 5, 2, 3))
    columns = columns.reshape(batch, groups, channels // groups * height * width, rows * cols)
    kernels = weight.reshape(groups, outputs // groups, -1)
    return np.matmul(kernels, columns).reshape(batch, outputs, rows, cols)


def outputs_first(weight: Floats, groups: int) -> Floats:
    """Kernels [C, O / groups, h, w] of a transposed convolution as [O, C / groups, h, w]."""
    channels, outputs, height, width = weight.shape
    parts = weight.reshape(groups, channels // groups, outputs, height, width).swapaxes(1, 2)
    return parts.reshape(groups * outputs, channels // groups, height, width)


def _output_size(x: Floats, kernel: Sequence[int], strides: Sequence[int]) -> tuple[int, int]:
    rows, cols = (
        (size - side) // stride + 1
        for size, side, stride in zip(x.shape[2:], kernel, strides, strict=True)
    )
    return rows, cols


def _tap(row: int, col: int, rows: int, cols: int, strides: Sequence[int]) -> tuple[Any, ...]:
    """Which pixels one position of a kernel meets."""
    return (
        ...,
        slice(row, row + (rows - 1) * strides[0] + 1, strides[0]),
        slice(col, col + (cols - 1) * strides[1] + 1, strides[1]),
    )


def interpolated(x: Floats, axis: int, count: int, *, aligned: bool) -> Floats:
    """Values at so many places, spread evenly over an axis of as many pixels as it has.

    Args:
        x: The values, each in the middle of a pixel.
        axis: Counted from the last.
        count: How many places.
        aligned: Whether the outermost places are the outermost values, and not within the border.
    """
    size = x.shape[axis]
    if aligned:
        places = np.arange(count) * ((size - 1) / max(count - 1, 1))
    else:
        places = ((np.arange(count) + 0.5) * (size / count) - 0.5).clip(0, size - 1)
    before = places.astype(np.int64)
    after = np.minimum(before + 1, size - 1)
    share = (places - before).astype(np.float32).reshape(-1, *[1] * (-axis - 1))
    return x.take(before, axis) * (1 - share) + x.take(after, axis) * share
