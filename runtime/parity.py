"""How closely one set of logits follows another."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from numpy.typing import NDArray

_Z95 = 1.959963984540054
"""Quantile of the normal distribution that leaves 2.5 % above it."""


@dataclasses.dataclass(frozen=True)
class Share:
    """A share of images in percent with its 95 % Wilson interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, hits: NDArray[np.bool_]) -> Share:
        """The share of true values.

        The interval is Wilson's (1927): its ends are the shares p for which the observed one
        lies z standard errors sqrt(p (1 - p) / n) away.
        """
        count = len(hits)
        share = float(hits.mean())
        centre = share + _Z95**2 / (2 * count)
        spread = _Z95 * math.sqrt(share * (1 - share) / count + _Z95**2 / (4 * count**2))
        scale = 100 / (1 + _Z95**2 / count)
        return cls(
            100 * share, max(0.0, (centre - spread) * scale), min(100.0, (centre + spread) * scale)
        )


@dataclasses.dataclass(frozen=True)
class ParityResult:
    """Logits compared with a reference's on the same images.

    Attributes:
        images: Number of images.
        sqnr_db: Signal-to-quantization-noise ratio, see :func:`sqnr`.
        cosine: Cosine similarity over all logits.
        max_difference: Largest absolute difference.
        agreement: Share of images with the same top-1.
        top1: Share of images whose top-1 is their label, where labels were given.
        reference_top1: The same of the reference.
    """

    images: int
    sqnr_db: float
    cosine: float
    max_difference: float
    agreement: Share
    top1: Share | None = None
    reference_top1: Share | None = None


def sqnr(reference: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """10 log10(sum reference^2 / sum (reference - other)^2) in dB; inf where they are equal."""
    signal = np.square(reference, dtype=np.float64).sum()
    noise = np.square(reference.astype(np.float64) - other).sum()
    if noise == 0:
        return math.inf
    return 10 * math.log10(signal / noise) if signal > 0 else -math.inf


def compare(
    reference: NDArray[np.float32],
    other: NDArray[np.float32],
    labels: NDArray[np.int64] | None = None,
) -> ParityResult:
    """Compares logits [N, K] with a reference's.

    Args:
        reference: Logits of the model to follow.
        other: Logits of the artifact, in the same order.
        labels: Class of each image [N], if known.

    Raises:
        ValueError: Shapes differ, there is no image, or a logit is not finite.
    """
    if reference.shape != other.shape or reference.ndim != 2 or len(reference) == 0:
        raise ValueError(f"cannot compare logits {reference.shape} and {other.shape}")
    if not (np.isfinite(reference).all() and np.isfinite(other).all()):
        raise ValueError("logits are NaN or infinite")
    expected, found = reference.argmax(1), other.argmax(1)
    norms = float(np.linalg.norm(reference.astype(np.float64)) * np.linalg.norm(other))
    product = float((reference.astype(np.float64) * other).sum())
    return ParityResult(
        images=len(reference),
        sqnr_db=sqnr(reference, other),
        cosine=product / norms if norms else math.nan,
        max_difference=float(np.abs(reference - other).max()),
        agreement=Share.of(expected == found),
        top1=None if labels is None else Share.of(found == labels),
        reference_top1=None if labels is None else Share.of(expected == labels),
    )
