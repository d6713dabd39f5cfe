"""How closely one output follows a reference's, whatever its values mean."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..artifact.manifest import Closeness
from ..errors import CheckError


def sqnr(reference: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Signal-to-quantization-noise ratio in dB.

    10 log10(sum reference^2 / sum (reference - other)^2), in float64; inf where both are equal,
    and -inf where the other is not finite.
    """
    signal = np.square(reference, dtype=np.float64).sum()
    return _decibels(signal, np.square(reference.astype(np.float64) - other).sum())


def _decibels(signal: float, noise: float) -> float:
    if noise == 0:
        return math.inf
    if not math.isfinite(noise):
        return -math.inf
    return 10 * math.log10(signal / noise) if signal > 0 else -math.inf


def cosine(reference: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Cosine of the angle between both, over all values; 0 where one has no length."""
    first, second = reference.astype(np.float64).ravel(), other.astype(np.float64).ravel()
    norms = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / norms if norms else 0.0


class ClosenessMeter:
    """Sums what tells how closely an output follows a reference's.

    Args:
        name: What it is called.
        data: What it was computed from.
        whose: Who gave the reference.
    """

    def __init__(self, name: str, data: str, whose: str = "the eager model's") -> None:
        self._name, self._data, self._whose = name, data, whose
        self._signal = self._power = self._noise = self._product = self._largest = 0.0

    def add(self, reference: NDArray[np.float32], other: NDArray[np.float32]) -> None:
        """Adds values.

        Args:
            reference: What the output is to follow, of any shape.
            other: The output.

        Raises:
            CheckError: Shapes differ, there is no value, or one is not finite.
        """
        if reference.shape != other.shape or reference.size == 0:
            raise CheckError(f"{self._name} {reference.shape} and {other.shape} cannot be compared")
        for owner, values in ((self._whose, reference), ("its", other)):
            if not np.isfinite(values).all():
                raise CheckError(
                    f"{owner} {self._name} are NaN or infinite on {self._data}; a weight or an"
                    " activation is too large for the precision"
                )
        expected, given = reference.astype(np.float64).ravel(), other.astype(np.float64).ravel()
        self._signal += float(np.square(expected).sum())
        self._power += float(np.square(given).sum())
        self._noise += float(np.square(expected - given).sum())
        self._product += float(expected @ given)
        self._largest = max(self._largest, float(np.abs(reference - other).max()))

    @property
    def sums(self) -> NDArray[np.float64]:
        """All that it holds, float64 [5], which :meth:`add_sums` of another one takes."""
        held = (self._signal, self._power, self._noise, self._product, self._largest)
        return np.array(held, np.float64)

    def add_sums(self, sums: NDArray[np.float64]) -> None:
        """Adds the values of another meter."""
        signal, power, noise, product, largest = sums.tolist()
        self._signal += signal
        self._power += power
        self._noise += noise
        self._product += product
        self._largest = max(self._largest, largest)

    def result(self) -> Closeness:
        """Of all values together.

        Raises:
            CheckError: The reference is zero throughout, and the output is not.
        """
        decibels = _decibels(self._signal, self._noise)
        if decibels == -math.inf:
            raise CheckError(f"{self._whose} {self._name} are all zero on {self._data}")
        norms = math.sqrt(self._signal) * math.sqrt(self._power)
        return Closeness(
            sqnr_db="exact" if decibels == math.inf else decibels,
            cosine=self._product / norms if norms else 0.0,
            max_difference=self._largest,
        )
