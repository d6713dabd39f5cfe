"""What does not hold of a bundle."""

from __future__ import annotations

from ..judging.promise import promise_of
from ..judging.requirement import parse_requirement
from ..judging.verdict import failures_of as file_failures
from .evidence import Evidence


def failures_of(evidence: Evidence) -> tuple[str, ...]:
    """What does not hold, a line each: what the verification says, and what the manifest shows.

    Raises:
        UsageError: The manifest requires what cannot be required.
    """
    manifest, verify = evidence.manifest, evidence.verify
    lines = list(verify.failures) if verify else []
    requirements = [parse_requirement(text) for text in manifest.requirements]
    for artifact in manifest.artifacts:
        if verify is None:
            promise = promise_of(artifact.precision, trained=manifest.source.fit_for_accuracy)
            lines += file_failures(
                artifact.file.path, promise, artifact.parity, artifact.residency, requirements
            )
    return tuple(lines)
