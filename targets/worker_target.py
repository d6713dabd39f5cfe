"""Targets whose work a process on this machine does."""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..artifact.formats import Accelerator
from ..artifact.pixel_file import Pixels
from ..errors import TargetError
from ..process.limits import LONGEST_SILENCE_S
from ..progress import Advance, Progress
from ..runtime.tflite.tracer import TFLiteTracer
from ..runtime.trace import ExposedTracer
from ..runtime.work.job import (
    ANSWER,
    FileAnswer,
    Job,
    Ran,
    read_answer,
    read_begun,
    read_values,
    write_job,
)
from .target import Target, TargetRun, Work
from .worker_process import WorkerEndedError, job_folder, run_worker

Start = tuple[Sequence[str], Mapping[str, str]]
"""A command line, and all its variables."""


class WorkerTarget(Target):
    """Has a worker in a process of its own do the jobs.

    Attributes:
        accelerator: What the worker is to run files on.
        chip: Whose NPU, where that is the accelerator.
        patience: Seconds without an inference's end, after which a worker is ended.
    """

    accelerator: Accelerator = "cpu"
    chip: str = ""
    patience: float = LONGEST_SILENCE_S

    @abc.abstractmethod
    def _do(self, folder: Path, advance: Advance) -> None:
        """Has a worker do the job in a folder.

        Raises:
            WorkerEndedError: It failed, died, or made no progress.
        """

    def _described(self, machine: dict[str, str]) -> dict[str, str]:
        """What the worker said of its machine, with what it cannot know."""
        return machine

    def run(self, work: Work, progress: Progress) -> TargetRun:
        """See :class:`Target`."""
        job = Job(
            files=tuple(str(path.absolute()) for path in work.files),
            preprocessing=work.preprocessing.to_dict(),
            threads=work.threads,
            accelerator=self.accelerator,
            chip=self.chip,
        )
        with (
            progress.step(f"running on {self.name}", work.inferences) as advance,
            job_folder() as folder,
        ):
            machine, ran = self._work_off(folder, job, work.pixels, advance)
        return TargetRun(self._described(machine), tuple(ran))

    def _work_off(
        self, folder: Path, job: Job, pixels: Pixels, advance: Advance
    ) -> tuple[dict[str, str], list[Ran]]:
        """The machine, and what became of each file of a job, which is done in an empty folder.

        Raises:
            TargetError: No file came to be run.
        """
        return work_off(self._do, folder, job, pixels, advance)

    def values(self, path: Path, images: NDArray[np.float32]) -> list[NDArray[Any]]:
        """See :class:`Target`; in the order of what :meth:`tracer` exposes."""
        tracer = self.tracer(path)
        with job_folder() as folder:
            (folder / path.name).write_bytes(tracer.exposed())
            job = Job(
                files=(path.name,),
                preprocessing={},
                accelerator=self.accelerator,
                chip=self.chip,
                values=True,
            )
            write_job(folder, job, tracer.feed(images))
            self._do(folder, lambda count: None)
            return read_values(folder)

    def tracer(self, path: Path) -> ExposedTracer:
        """See :class:`Target`."""
        if path.suffix != ".tflite":
            raise TargetError(f"only of TFLite files all values can be seen on {self.name}")
        return TFLiteTracer(path)


class FreshWorkerTarget(WorkerTarget):
    """Starts a worker for each job."""

    @abc.abstractmethod
    def _start(self, folder: Path) -> Start:
        """What starts a worker on the job in a folder."""

    def _do(self, folder: Path, advance: Advance) -> None:
        command, environment = self._start(folder)
        run_worker(command, environment, self.name, advance, self.patience)


def work_off(
    do: Callable[[Path, Advance], None], folder: Path, job: Job, pixels: Pixels, advance: Advance
) -> tuple[dict[str, str], list[Ran]]:
    """Has a worker do a job, and another one the rest where a file ends it.

    Args:
        do: Has a worker do the job in a folder.
        folder: The job's.
        job: The job.
        pixels: Its images.
        advance: Is told of each number of inferences done.

    Returns:
        The machine, and what became of each file.

    Raises:
        TargetError: No file came to be run.
    """
    ran: list[Ran] = []
    while True:
        rest = job.model_copy(update={"first": len(ran)})
        (folder / ANSWER).unlink(missing_ok=True)
        write_job(folder, rest, None if ran else pixels)
        try:
            do(folder, advance)
        except WorkerEndedError as error:
            machine, done = _begun(folder, rest, len(pixels), error)
            failure = f"the process that ran it {error.how}; export it again"
            ran += [*done, Ran(FileAnswer(failure=failure), None)]
            if len(ran) == len(job.files):
                return machine, ran
        else:
            machine, done = read_answer(folder, rest, len(pixels))
            return machine, ran + done


def _begun(
    folder: Path, job: Job, images: int, error: WorkerEndedError
) -> tuple[dict[str, str], list[Ran]]:
    """What a worker answered before one of the files ended it.

    Raises:
        WorkerEndedError: It did not come to the files, or had done with all of them.
    """
    if not (folder / ANSWER).exists():
        raise error
    machine, done = read_begun(folder, job, images)
    if len(done) == len(job.files) - job.first:
        raise error
    return machine, done
