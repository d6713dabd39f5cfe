"""Emulated ARM processors as targets."""

from __future__ import annotations

import functools
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
from ..runtime.measure.instructions import InstructionCount, read_counts
from ..runtime.work.fresh_process import MEASURING, ask
from ..runtime.work.job import Job
from ..runtime.work.request import ProfileRequest
from .op_counts import OpCounts, counts_of
from .worker_process import MODULE, job_folder, run_worker
from .worker_target import FreshWorkerTarget, Start, work_off

COUNTED = 3
"""Inferences that are counted. The least is taken: what Python and the C library do in between
varies by some thousands of instructions."""


class ArmTarget(FreshWorkerTarget):
    """Runs files with the runtimes' own ARM builds on a processor that QEMU emulates.

    Args:
        cpu: One of the laboratory's processors.

    Raises:
        LabError: The processor is unknown.
    """

    scheme = "arm"

    def __init__(self, cpu: str) -> None:
        check_cpu(cpu)
        self._cpu = cpu
        self.name = f"arm:{cpu}"

    def _start(self, folder: Path) -> Start:
        lab = open_lab(NAME)
        return self._emulated(lab, emulator(lab, self._cpu), folder)

    def _described(self, machine: dict[str, str]) -> dict[str, str]:
        version = open_lab(NAME).versions[QEMU_PACKAGE]
        return machine | {"processor": f"{self._cpu}, emulated by QEMU {version}"}

    def check_counting(self) -> None:
        """See :class:`Target`."""
        if self._cpu not in COUNTED_CPUS:
            raise TargetError(
                f"{self.name}: the QEMU that counts instructions does not compute it rightly; there"
                f" are {', '.join(COUNTED_CPUS)}"
            )

    def count(
        self,
        files: Sequence[Path],
        pixels: NDArray[np.uint8],
        preprocessing: Preprocessing,
        *,
        progress: Progress,
    ) -> list[InstructionCount | str]:
        """See :class:`Target`."""
        self.check_counting()
        lab = open_lab(NAME)
        counts: list[InstructionCount | str] = []
        for path in files:
            job = Job(
                files=(str(path.absolute()),),
                preprocessing=preprocessing.to_dict(),
                counted=COUNTED,
            )
            with (
                job_folder() as folder,
                progress.step(f"counting {path.name} on {self.name}", COUNTED) as advance,
            ):
                written = folder / "counts"
                command = counting_emulator(lab, self._cpu, written)
                do = functools.partial(self._emulate, self._emulated(lab, command, folder))
                _, (ran,) = work_off(do, folder, job, pixels, advance)
                found = read_counts(written.read_text(encoding="utf-8"))
            counts.append(ran.answer.failure or min(found, key=lambda item: item.all))
        return counts

    def count_ops(self, path: Path, *, progress: Progress) -> OpCounts:
        """See :class:`Target`; each runtime's own profiler tells its ops."""
        self.check_counting()
        lab = open_lab(NAME)
        request = ProfileRequest(files=(path.absolute(),), threads=1, runs=1)
        with job_folder() as folder, progress.step(f"counting ops of {path.name} on {self.name}"):
            command = counting_emulator(lab, self._cpu, folder / "counts", clock_counts=True)
            python = [str(lab.folder / PYTHON), "-m", MEASURING]
            return counts_of(ask(request, [*command, *worker_environment(lab, folder), *python]))

    def _emulate(self, start: Start, folder: Path, advance: Advance) -> None:
        command, environment = start
        run_worker(command, environment, self.name, advance, self.patience)

    def _emulated(self, lab: Lab, command: Sequence[str], folder: Path) -> Start:
        """A worker under an emulator."""
        python = [str(lab.folder / PYTHON), "-m", MODULE, str(folder)]
        return [*command, *worker_environment(lab, folder), *python], os.environ
