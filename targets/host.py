"""This machine's processor as a target."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..judging.links import HOST
from ..progress import Advance, Progress
from ..runtime.work.fresh_process import Measured
from ..runtime.work.request import Request
from ..runtime.work.session import measure_here
from .standing_worker import STANDING_WORKER
from .worker_target import WorkerTarget


class HostTarget(WorkerTarget):
    """Runs files in a process of their own, which a damaged one may end."""

    scheme = HOST
    name = HOST

    def _do(self, folder: Path, advance: Advance) -> None:
        STANDING_WORKER.do(folder, self.name, advance, self.patience)

    def measure(
        self, requests: Sequence[Request], description: str, progress: Progress
    ) -> Measured:
        """See :class:`Target`."""
        return measure_here(requests, description, progress)
