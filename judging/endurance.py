"""Whether a machine became hot and slowed files down."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..runtime.measure.endurance import Endurance, Window
from .ratio import Ratio, quantile_995
from .steadiness import LARGEST_OTHER_LOAD

LEAST_CHANGE = 0.05
"""A smaller change of speed is none that matters."""


def change(windows: Sequence[Window]) -> Ratio:
    """The last window's time over the first's, with an interval of 99 %.

    The figures are the logarithms of the medians of each window's parts. Their spreads may
    differ, so that the interval is Welch's (1947) with the degrees of freedom at their least,
    those of one window.
    """
    first, last = (np.log(window.slices_ms) for window in (windows[0], windows[-1]))
    mean = float(last.mean() - first.mean())
    spread = float(np.sqrt(first.var(ddof=1) / len(first) + last.var(ddof=1) / len(last)))
    half = quantile_995(min(len(first), len(last)) - 1) * spread
    return Ratio(float(np.exp(mean)), float(np.exp(mean - half)), float(np.exp(mean + half)))


def verdict(windows: Sequence[Window]) -> str:
    """Whether a file became slower: ``throttled``, ``faster``, ``steady`` or ``uncertain``."""
    found = change(windows)
    if found.low > 1 + LEAST_CHANGE:
        return "throttled"
    if found.high < 1 / (1 + LEAST_CHANGE):
        return "faster"
    if found.low > 1 / (1 + LEAST_CHANGE) and found.high < 1 + LEAST_CHANGE:
        return "steady"
    return "uncertain"


def endurance_doubts(endurance: Endurance) -> list[str]:
    """What speaks against a verdict, a line each."""
    load = endurance.other_load
    if load is not None and load > LARGEST_OTHER_LOAD:
        return [f"other processes took {100 * load:.0f} % of the cores, and slow files down too"]
    return []
