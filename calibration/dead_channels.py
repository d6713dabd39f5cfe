"""Output channels whose weights are too small for their bias to be stored beside them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BIAS_STEPS = 2**30
"""Half of what an int32 bias can hold."""


def lifted_weights(
    weights: NDArray[np.float32], bias: NDArray[np.float32], input_scale: float, axis: int = 0
) -> NDArray[np.float32]:
    """Weights with one of each dead channel's raised, so that its bias fits into int32.

    Kernels store the bias in steps of input scale times weight scale. Where a channel's weights
    are zero, or as good as zero (a BatchNorm with a scale near 0, folded), these steps are so
    small that the bias saturates and the channel gets a wrong constant. Raising its largest
    weight to 127 |bias| / (input scale * 2^30) gives room, and adds at most 2^-15 of the bias
    to the output.

    Args:
        weights: Of an op that gets static INT8.
        bias: Its bias, [C].
        input_scale: The scale of its quantized input.
        axis: The weights' axis of output channels.

    Returns:
        The weights themselves where no channel is dead.
    """
    channels = np.moveaxis(weights, axis, 0).reshape(len(bias), -1)
    least = 127 * np.abs(bias) / (input_scale * _BIAS_STEPS)
    largest = np.abs(channels).argmax(1)
    rows = np.arange(len(bias))
    dead = np.abs(channels[rows, largest]) < least
    if not dead.any():
        return weights
    lifted = channels.copy()
    signs = np.where(channels[rows, largest] < 0, -1, 1)
    lifted[rows[dead], largest[dead]] = (signs * least)[dead]
    moved = np.moveaxis(weights, axis, 0).shape
    return np.ascontiguousarray(np.moveaxis(lifted.reshape(moved), 0, axis))
