"""How much is lost on the same images, with how sure that is."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable

import numpy as np

from ..artifact.manifest import Interval

_Z95 = statistics.NormalDist().inv_cdf(0.975)

_STUDENT95 = 2.093
"""Quantile of Student's distribution with 19 degrees of freedom that leaves 2.5 % above it."""

GROUPS = 20
"""Of images: every 20th, beginning with the first, the second, ..."""


def paired_drop(images: int, lost: int, gained: int) -> Interval:
    """Points that a share of images falls, with its 95 % interval.

    The interval is Wald's for paired shares with half an image added to each of the four cells
    (Agresti and Min, 2005), which keeps its level where few images differ.

    Args:
        images: How many there are.
        lost: Those where the reference alone is right.
        gained: Those where it alone is wrong.
    """
    adjusted = images + 2
    p_lost, p_gained = (lost + 0.5) / adjusted, (gained + 0.5) / adjusted
    centre = p_lost - p_gained
    spread = _Z95 * math.sqrt((p_lost + p_gained - centre**2) / adjusted)
    return Interval(
        value=100 * (lost - gained) / images,
        low=100 * (centre - spread),
        high=100 * (centre + spread),
    )


def jackknifed_drop(drop_without: Callable[[int | None], float]) -> Interval:
    """Points that a figure of all images together falls, with its 95 % interval.

    The interval is that of the delete-a-group jackknife (Kott, 2001): the figure is taken without
    each of :data:`GROUPS` groups of images, and Student's distribution with a degree of freedom
    less gives its ends.

    Args:
        drop_without: The drop on all images but those of a group, by its number; on all for None.
    """
    drop = drop_without(None)
    partial = np.array([drop_without(group) for group in range(GROUPS)])
    error = math.sqrt((GROUPS - 1) / GROUPS * float(np.square(partial - drop).sum()))
    spread = _STUDENT95 * error
    return Interval(value=drop, low=drop - spread, high=drop + spread)
