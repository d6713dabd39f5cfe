"""What does not hold of a bundle."""

from __future__ import annotations

from ..judging.promise import too_far
from ..judging.requirement import breach, parse_requirement
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
        name = artifact.file.path
        if verify is None and artifact.parity:
            trained = manifest.source.fit_for_accuracy
            reason = too_far(artifact.precision, artifact.parity, fit_for_accuracy=trained)
            lines += [f"{name}: {reason}"] if reason else []
        if verify is None and artifact.residency:
            reason = breach(requirements, artifact.residency)
            lines += [f"{name}: {reason}"] if reason else []
    return tuple(lines)
