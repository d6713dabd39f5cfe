"""Emulated ARM processors as targets."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..artifact.preprocessing import Preprocessing
from ..errors import TargetError
from ..lab.arm import (
    COUNTED_CPUS,
    NAME,
    PYTHON,
    QEMU_PACKAGE,
    check_cpu,
    counting_emulator,
    emulator,
    worker_environment,
)
from ..lab.place import Lab, open_lab
from ..progress import Advance, Progress
from .instruction_marks import InstructionCount, read_counts
from .job import Job, Ran, read_answer, write_job
from .target import Target, TargetRun
from .worker_process import MODULE, job_folder, run_worker

COUNTED = 3
"""Inferences that are counted. The least is taken: what Python and the C library do in between
varies by some thousands of instructions."""


class ArmTarget(Target):
    """Runs files with the runtimes' own ARM builds on a processor that QEMU emulates.

    Args:
        cpu: One of the laboratory's processors.

    Raises:
        LabError: The processor is unknown.
    """

    is_emulated = True

    def __init__(self, cpu: str) -> None:
        check_cpu(cpu)
        self._cpu = cpu
        self.name = f"arm:{cpu}"

    def refusal(self, path: Path) -> str | None:
        """See :class:`Target`."""
        if path.suffix == ".mlpackage":
            return "Core ML packages run on Apple's systems alone"
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
        """See :class:`Target`."""
        lab = open_lab(NAME)
        job = Job(
            files=tuple(str(path.absolute()) for path in files),
            preprocessing=preprocessing.to_dict(),
            threads=threads,
        )
        with progress.step(f"running on {self.name}", len(files) * len(pixels)) as advance:
            machine, ran = self._work(lab, emulator(lab, self._cpu), job, pixels, advance)
        processor = f"{self._cpu}, emulated by QEMU {lab.versions[QEMU_PACKAGE]}"
        return TargetRun(machine | {"processor": processor}, tuple(ran))

    def count(
        self,
        files: Sequence[Path],
        pixels: NDArray[np.uint8],
        preprocessing: Preprocessing,
        *,
        progress: Progress,
    ) -> list[InstructionCount | str]:
        """Instructions of one inference of each file on one thread, or why it could not be run.

        Args:
            files: The files.
            pixels: An image, uint8 [1, H, W, 3].
            preprocessing: Normalises it.
            progress: Is told about each step.

        Raises:
            LabError: The laboratory is missing.
            TargetError: The processor cannot be counted.
        """
        if self._cpu not in COUNTED_CPUS:
            raise TargetError(
                f"{self.name}: the QEMU that counts instructions does not compute it rightly; there"
                f" are {', '.join(COUNTED_CPUS)}"
            )
        lab = open_lab(NAME)
        counts: list[InstructionCount | str] = []
        for path in files:
            job = Job(
                files=(str(path.absolute()),),
                preprocessing=preprocessing.to_dict(),
                counted=COUNTED,
            )
            with (
                job_folder() as name,
                progress.step(f"counting {path.name} on {self.name}", COUNTED) as advance,
            ):
                written = Path(name) / "counts"
                command = counting_emulator(lab, self._cpu, written)
                _, (ran,) = self._work(lab, command, job, pixels, advance)
                found = read_counts(written.read_text(encoding="utf-8"))
            counts.append(ran.answer.failure or min(found, key=lambda item: item.all))
        return counts

    def _work(
        self,
        lab: Lab,
        command: Sequence[str],
        job: Job,
        pixels: NDArray[np.uint8],
        advance: Advance,
    ) -> tuple[dict[str, str], list[Ran]]:
        """Has an emulated worker do a job."""
        with job_folder() as name:
            folder = Path(name)
            write_job(folder, job, pixels)
            run_worker(
                [
                    *command,
                    *worker_environment(lab, folder),
                    *(str(lab.folder / PYTHON), "-m", MODULE, name),
                ],
                os.environ,
                self.name,
                advance,
            )
            return read_answer(folder, job, len(pixels))
