"""How closely one set of logits follows another."""

from __future__ import annotations

import math
import statistics

import numpy as np
from numpy.typing import NDArray

from ..artifact.manifest import Interval, Parity
from ..errors import CheckError

_Z95 = statistics.NormalDist().inv_cdf(0.975)
"""Quantile of the normal distribution that leaves 2.5 % above it."""


def share(hits: NDArray[np.bool_]) -> Interval:
    """The share of true values in percent, with its 95 % interval.

    The interval is Wilson's (1927): its ends are the shares p for which the observed one lies z
    standard errors sqrt(p (1 - p) / n) away.
    """
    count = len(hits)
    observed = float(hits.mean())
    centre = observed + _Z95**2 / (2 * count)
    spread = _Z95 * math.sqrt(observed * (1 - observed) / count + _Z95**2 / (4 * count**2))
    scale = 100 / (1 + _Z95**2 / count)
    return Interval(
        value=100 * observed,
        low=max(0.0, (centre - spread) * scale),
        high=min(100.0, (centre + spread) * scale),
    )


def sqnr(reference: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Signal-to-quantization-noise ratio in dB.

    10 log10(sum reference^2 / sum (reference - other)^2), in float64; inf where both are equal.
    """
    signal = np.square(reference, dtype=np.float64).sum()
    noise = np.square(reference.astype(np.float64) - other).sum()
    if noise == 0:
        return math.inf
    return 10 * math.log10(signal / noise) if signal > 0 else -math.inf


def cosine(reference: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Cosine of the angle between both, over all values; 0 where one has no length."""
    first, second = reference.astype(np.float64).ravel(), other.astype(np.float64).ravel()
    norms = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / norms if norms else 0.0


def compare(
    reference: NDArray[np.float32],
    other: NDArray[np.float32],
    labels: NDArray[np.int64] | None = None,
    data: str = "images",
) -> Parity:
    """Compares logits [N, K] with a reference's.

    Args:
        reference: Logits of the model to follow.
        other: Logits of the artifact, in the same order.
        labels: Class of each image [N], if known.
        data: What the images are.

    Raises:
        CheckError: Shapes differ, there is no image, a logit is not finite, or the reference is
            zero throughout.
    """
    if reference.shape != other.shape or reference.ndim != 2 or len(reference) == 0:
        raise CheckError(f"logits {reference.shape} and {other.shape} cannot be compared")
    for whose, logits in (("the eager model's", reference), ("its", other)):
        if not np.isfinite(logits).all():
            raise CheckError(
                f"{whose} logits are NaN or infinite on {data}; a weight or an activation is too"
                " large for the precision"
            )
    decibels = sqnr(reference, other)
    if decibels == -math.inf:
        raise CheckError(f"the eager model's logits are all zero on {data}")
    expected, found = reference.argmax(1), other.argmax(1)
    return Parity(
        images=len(reference),
        data=data,
        sqnr_db="exact" if decibels == math.inf else decibels,
        cosine=cosine(reference, other),
        max_difference=float(np.abs(reference - other).max()),
        agreement=share(expected == found),
        top1=None if labels is None else share(found == labels),
        reference_top1=None if labels is None else share(expected == labels),
    )
