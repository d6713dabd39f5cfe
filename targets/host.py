"""This machine's processor as a target."""

from __future__ import annotations

from pathlib import Path

from ..judging.links import HOST
from ..progress import Progress
from ..runtime.formats import format_of
from ..runtime.machine import describe_machine
from ..runtime.qnn.runner import COMPILED_SUFFIX
from ..runtime.residency import residency_record
from ..runtime.work.job import FileAnswer, Ran
from .target import Target, TargetRun, Work

NPU_ALONE = "a compiled graph runs on its chip's NPU alone, or on the simulator: --on npu:CHIP"


class HostTarget(Target):
    """Runs files in this process."""

    name = HOST

    def refusal(self, path: Path) -> str | None:
        """See :class:`Target`."""
        return NPU_ALONE if path.suffix == COMPILED_SUFFIX else None

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
