"""This machine's processor as a target."""

from __future__ import annotations

from pathlib import Path

from ..progress import Progress
from .formats import format_of
from .job import FileAnswer, Ran
from .machine import describe_machine
from .target import Target, TargetRun, Work
from .verification import residency_record


class HostTarget(Target):
    """Runs files in this process."""

    name = "host"

    def refusal(self, path: Path) -> str | None:
        """See :class:`Target`."""
        return None

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
                logits = runner.run_pixels(work.pixels, work.preprocessing, advance)
            residency = residency_record(kind.residency(path, work.threads))
            ran.append(Ran(FileAnswer(runtime=runner.runtime, residency=residency), logits))
        return TargetRun(describe_machine(), tuple(ran))
