"""How closely one output follows a reference's, whatever its values mean."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..artifact.manifest import Closeness
from ..artifact.outputs import Outputs
from ..errors import CheckError


def sqnr(reference: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Signal-to-quantization-noise ratio in dB.

    10 log10(sum reference^2 / sum (reference - other)^2), in float64; inf where both are equal,
    and -inf where the other is not finite.
    """
    signal = np.square(reference, dtype=np.float64).sum()
    noise = np.square(reference.astype(np.float64) - other).sum()
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


def closeness(
    reference: NDArray[np.float32],
    other: NDArray[np.float32],
    name: str,
    data: str,
    whose: str = "the eager model's",
) -> Closeness:
    """Compares an output with a reference's.

    Args:
        reference: What the output is to follow, of any shape.
        other: The output.
        name: What it is called.
        data: What it was computed from.
        whose: Who gave the reference.

    Raises:
        CheckError: Shapes differ, a value is not finite, or the reference is zero throughout.
    """
    if reference.shape != other.shape or reference.size == 0:
        raise CheckError(f"{name} {reference.shape} and {other.shape} cannot be compared")
    for owner, values in ((whose, reference), ("its", other)):
        if not np.isfinite(values).all():
            raise CheckError(
                f"{owner} {name} are NaN or infinite on {data}; a weight or an activation is too"
                " large for the precision"
            )
    decibels = sqnr(reference, other)
    if decibels == -math.inf:
        raise CheckError(f"{whose} {name} are all zero on {data}")
    return Closeness(
        sqnr_db="exact" if decibels == math.inf else decibels,
        cosine=cosine(reference, other),
        max_difference=float(np.abs(reference - other).max()),
    )


def closeness_of_all(reference: Outputs, outputs: Outputs, data: str) -> dict[str, Closeness]:
    """How closely each output follows the reference's of its name.

    Raises:
        CheckError: Their names differ, or one cannot be compared, see :func:`closeness`.
    """
    if reference.keys() != outputs.keys():
        raise CheckError(
            f"outputs {', '.join(reference)} and {', '.join(outputs)} cannot be compared"
        )
    return {
        name: closeness(expected, outputs[name], name, data) for name, expected in reference.items()
    }
