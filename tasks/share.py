"""A share of images, with how sure it is."""

from __future__ import annotations

import math
import statistics

from ..artifact.manifest import Interval

_Z95 = statistics.NormalDist().inv_cdf(0.975)
"""Quantile of the normal distribution that leaves 2.5 % above it."""


def interval(observed: float, count: int) -> Interval:
    """A share of so many, in [0, 1], in percent with its 95 % interval.

    The interval is Wilson's (1927): its ends are the shares p for which the observed one lies z
    standard errors sqrt(p (1 - p) / n) away.
    """
    centre = observed + _Z95**2 / (2 * count)
    spread = _Z95 * math.sqrt(observed * (1 - observed) / count + _Z95**2 / (4 * count**2))
    scale = 100 / (1 + _Z95**2 / count)
    return Interval(
        value=100 * observed,
        low=max(0.0, (centre - spread) * scale),
        high=min(100.0, (centre + spread) * scale),
    )
