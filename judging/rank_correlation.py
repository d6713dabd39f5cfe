"""Whether two lists of figures put things in the same order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def spearman(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Spearman's rank correlation (1904): Pearson's between ranks, ties at their mean rank.

    Returns:
        From -1 to 1; None where there are fewer than two things, or one list is all the same.

    Raises:
        ValueError: The lists are of different lengths.
    """
    if len(first) != len(second):
        raise ValueError("a correlation needs two lists of the same length")
    if not first or len(set(first)) == 1 or len(set(second)) == 1:
        return None
    ours, theirs = (ranks - ranks.mean() for ranks in (_ranks(first), _ranks(second)))
    return float(ours @ theirs / np.sqrt((ours @ ours) * (theirs @ theirs)))


def _ranks(values: Sequence[float]) -> NDArray[np.float64]:
    _, place, counts = np.unique(np.asarray(values, float), return_inverse=True, return_counts=True)
    last = np.cumsum(counts).astype(np.float64)
    return np.take(last - (counts - 1) / 2, place)
