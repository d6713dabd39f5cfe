"""How long steps take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .step import Step
from .timing_work import TimingWork
from .work import ExportWork, PartWork, RangesWork

SECONDS: Mapping[type, float] = {RangesWork: 20, ExportWork: 30, PartWork: 60, TimingWork: 40}
"""Of a step for B0 on one core, with Python's start; other models differ a few times."""


def estimate_seconds(steps: Iterable[Step], jobs: int) -> float:
    """Seconds that steps take, of which those that measure are done one at a time.

    Args:
        steps: The steps.
        jobs: How many of the others are done at a time.
    """
    return sum(SECONDS[type(step.argument)] / (1 if step.place else jobs) for step in steps)
