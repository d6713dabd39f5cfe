"""What does not hold of a bundle."""

from __future__ import annotations

from ..judging.requirement import parse_requirement
from ..judging.verdict import failures_of_artifact
from .evidence import Evidence


def failures_of(evidence: Evidence) -> tuple[str, ...]:
    """What does not hold, a line each: what the verification says, and what the manifest shows.

    Raises:
        UsageError: The manifest requires what cannot be required.
    """
    manifest, verify = evidence.manifest, evidence.verify
    lines = list(verify.failures) if verify else []
    requirements = [parse_requirement(text) for text in manifest.requirements]
    trained = manifest.source.fit_for_accuracy
    for artifact in manifest.artifacts:
        if verify is None:
            lines += failures_of_artifact(artifact, requirements, trained=trained)
    return tuple(lines)
