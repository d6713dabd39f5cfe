"""This machine's processor as a target."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..artifact.preprocessing import Preprocessing
from ..progress import Progress
from .formats import format_of
from .job import FileAnswer, Ran
from .machine import describe_machine
from .target import Target, TargetRun
from .verification import residency_record


class HostTarget(Target):
    """Runs files in this process."""

    name = "host"

    def refusal(self, path: Path) -> str | None:
        """See :class:`Target`."""
        return None

    def run(
        self,
        files: Sequence[Path],
        pixels: NDArray[np.uint8],
        preprocessing: Preprocessing,
        *,
        threads: int,
        progress: Progress,
    ) -> TargetRun:
        """See :class:`Target`.

        Raises:
            ArtifactError: A file cannot be run.
        """
        ran = []
        for path in files:
            kind = format_of(path)
            with (
                progress.step(f"checking {path.name}", len(pixels)) as advance,
                kind.runner(path, threads) as runner,
            ):
                logits = runner.run_pixels(pixels, preprocessing, advance)
            residency = residency_record(kind.residency(path, threads))
            ran.append(Ran(FileAnswer(runtime=runner.runtime, residency=residency), logits))
        return TargetRun(describe_machine(), tuple(ran))
