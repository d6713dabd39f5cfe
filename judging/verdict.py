"""What does not hold of a file: its parity with the model, and where its ops run."""

from __future__ import annotations

from collections.abc import Iterable

from ..artifact.manifest import ArtifactRecord, HalfPrecision, Parity, Residency
from .promise import Promise, promise_of
from .requirement import Requirement, breach


def failures_of(
    place: str,
    promise: Promise | None,
    parity: Parity | None,
    residency: Residency | None,
    requirements: Iterable[Requirement],
) -> list[str]:
    """What does not hold, a line each.

    Args:
        place: What ran where, as the lines call it.
        promise: What the file keeps; None where its parity is judged elsewhere.
        parity: With the eager model; None where it is not known.
        residency: Where its ops ran; None where it is not known.
        requirements: What that must be.
    """
    reasons = []
    if promise and parity:
        reasons.append(promise.breach(parity))
    if residency:
        reasons.append(breach(requirements, residency))
    return [f"{place}: {reason}" for reason in reasons if reason]


def failures_of_artifact(
    item: ArtifactRecord, requirements: Iterable[Requirement], *, trained: bool
) -> list[str]:
    """What does not hold of a bundle's file where it was written, a line each.

    Args:
        item: The file, as the manifest has it.
        requirements: What its residency must be.
        trained: Whether the weights are trained.
    """
    promise = promise_of(item.precision, trained=trained)
    residency = item.residency and item.residency.without(item.undelegated_ops)
    lines = failures_of(item.file.path, promise, item.parity, residency, requirements)
    return lines + (failures_in_half(item.file.path, item.half, promise) if item.half else [])


def half_place(file: str, half: HalfPrecision) -> str:
    """What lines call a file that is computed in half precision."""
    return f"{file} on half precision, summed in {half.accumulation}"


def failures_in_half(file: str, half: HalfPrecision, promise: Promise) -> list[str]:
    """What does not hold of a file where half precision is really that, a line each.

    Args:
        file: Its name.
        half: What was found out about it.
        promise: What it keeps.
    """
    if half.not_run is not None:
        return []
    reason = promise.breach(half.parity) if half.parity else "gives NaN or infinity"
    culprit = f"; {half.culprit}" if half.culprit else ""
    return [f"{half_place(file, half)}: {reason}{culprit}"] if reason else []
