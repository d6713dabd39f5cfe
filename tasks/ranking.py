"""The highest of many values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def highest(values: NDArray[np.float32], bound: float, most: int) -> NDArray[np.intp]:
    """Places of the highest values of a map, in no order.

    Which ones does not depend on the map's layout in memory: of equal values those at lower places
    are taken.

    Args:
        values: [places, channels], of any strides; a place's number is place * channels + channel.
        bound: Values must be above this number, rounded to float32.
        most: How many at most.
    """
    layout = values if values.flags.c_contiguous else values.T
    flat = np.ascontiguousarray(layout).ravel()
    by_place, shape = layout is values, values.shape
    above = np.flatnonzero(flat > np.float32(bound))
    if len(above) <= most:
        return _numbers(above, by_place, shape)
    candidates = flat[above]
    lowest = np.partition(candidates, -most)[-most]
    better = _numbers(above[candidates > lowest], by_place, shape)
    equal = _numbers(above[candidates == lowest], by_place, shape)
    missing = most - len(better)
    if missing < len(equal):
        equal.partition(missing)
    return np.concatenate([better, equal[:missing]])


def _numbers(places: NDArray[np.intp], by_place: bool, shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Numbers of what lies at places of the flat memory."""
    if by_place:
        return places
    channel, place = np.divmod(places, shape[0])
    return place * shape[1] + channel
