"""What a sweep would do, and roughly how long that takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from ..artifact.results.sweep import PreviewResult
from ..process.apart.job_count import job_count
from ..workflows.defaults import WORKER_BYTES
from .cell import cells_of
from .estimate import estimate_seconds
from .grid import Grid
from .plan import plan_sweep
from .step import Step
from .store import Store
from .timing_work import TimingWork
from .work import ExportWork, PartWork, RangesWork

KINDS: Mapping[type, str] = {
    RangesWork: "activation ranges",
    ExportWork: "exports",
    PartWork: "parts of the images",
    TimingWork: "measurements",
}
"""What steps are called together, by what they take."""


def preview_sweep(grid: Grid, output: Path, jobs: int | None = None) -> PreviewResult:
    """What a sweep would do; nothing is written.

    Args:
        grid: What to go through.
        output: The sweep's folder, if there is one already.
        jobs: How many processes would work at a time.

    Raises:
        UsageError: The grid asks for nothing that exists.
    """
    cells, left_out = cells_of(grid)
    plan = plan_sweep(grid, cells, Store(output.absolute()))
    left = plan.left()
    computing = sum(not step.place for step in left)
    count = job_count(jobs, max(1, computing), WORKER_BYTES)
    return PreviewResult(
        cells=tuple(cell.name for cell in cells),
        left_out=tuple(left_out),
        done=_counted([step for step in plan.steps if step.is_done]),
        to_do=_counted(left),
        jobs=count,
        seconds=round(estimate_seconds(left, count)),
    )


def _counted(steps: list[Step]) -> dict[str, int]:
    counts = Counter(KINDS[type(step.argument)] for step in steps)
    return {kind: counts[kind] for kind in KINDS.values() if counts[kind]}
