"""This machine's processor as a target."""

from __future__ import annotations

from collections.abc import Sequence

from ..judging.links import HOST
from ..progress import Progress
from ..runtime.formats import format_of
from ..runtime.machine import describe_machine
from ..runtime.residency import residency_record
from ..runtime.work.fresh_process import Measured
from ..runtime.work.job import FileAnswer, Ran
from ..runtime.work.request import Request
from ..runtime.work.session import measure_here
from .target import Target, TargetRun, Work


class HostTarget(Target):
    """Runs files in this process."""

    scheme = HOST
    name = HOST

    def run(self, work: Work, progress: Progress) -> TargetRun:
        """See :class:`Target`.

        Raises:
            ArtifactError: A file cannot be run.
        """
        ran = []
        for path in work.files:
            kind = format_of(path)
            with (
                progress.step(f"checking {path.name}", len(work.pixels)) as advance,
                kind.runner(path, work.threads) as runner,
            ):
                outputs = runner.run_pixels(work.pixels, work.preprocessing, advance)
            residency = residency_record(kind.residency(path, work.threads))
            ran.append(Ran(FileAnswer(runtime=runner.runtime, residency=residency), outputs))
        return TargetRun(describe_machine(), tuple(ran))

    def measure(
        self, requests: Sequence[Request], description: str, progress: Progress
    ) -> Measured:
        """See :class:`Target`."""
        return measure_here(requests, description, progress)
