"""What does not hold of a file: its parity with the model, and where its ops run."""

from __future__ import annotations

from collections.abc import Iterable

from ..artifact.manifest import ArtifactRecord, Parity, Residency
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
    return failures_of(item.file.path, promise, item.parity, residency, requirements)
