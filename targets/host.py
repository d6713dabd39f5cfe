"""This machine's processor as a target."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..artifact.pixel_file import Pixels
from ..judging.links import HOST
from ..progress import Advance, Progress
from ..runtime.work.fresh_process import Measured
from ..runtime.work.job import Job, Ran
from ..runtime.work.request import Request
from ..runtime.work.session import measure_here
from .side_by_side import work_off_side_by_side
from .standing_worker import STANDING_WORKER, standing_workers
from .worker_target import WorkerTarget


class HostTarget(WorkerTarget):
    """Runs files in a process of their own, which a damaged one may end.

    Args:
        workers: How many such processes share the images, where these are many.
    """

    scheme = HOST
    name = HOST

    def __init__(self, workers: int = 1) -> None:
        self._workers = workers

    def _work_off(
        self, folder: Path, job: Job, pixels: Pixels, advance: Advance
    ) -> tuple[dict[str, str], list[Ran]]:
        if self._workers == 1:
            return super()._work_off(folder, job, pixels, advance)
        workers = standing_workers(self._workers)
        return work_off_side_by_side(
            workers, self.name, self.patience, folder, job, pixels, advance
        )

    def _do(self, folder: Path, advance: Advance) -> None:
        STANDING_WORKER.do(folder, self.name, advance, self.patience)

    def measure(
        self, requests: Sequence[Request], description: str, progress: Progress
    ) -> Measured:
        """See :class:`Target`."""
        return measure_here(requests, description, progress)
