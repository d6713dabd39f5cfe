"""Does a job, in whatever process or machine this is; started by ``python -m``, with its folder.

It needs no torch. Progress goes to stdout, a line for each number of inferences done.
"""

from __future__ import annotations

import contextlib
import json
import select
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...artifact.chips import chip_of
from ...artifact.outputs import Outputs
from ...artifact.pixel_file import Pixels
from ...artifact.preprocessing import Preprocessing
from ...errors import LowFormerEdgeError
from ...process.text import one_line
from ..formats import format_of
from ..machine import describe_machine
from ..measure.instructions import BEFORE, mark
from ..qnn.runner import QnnRunner, refused_by_npu
from ..qnn.simulator import RefusedByNpuError
from ..qnn.values import run_exposed_on_npu
from ..residency import residency_record
from ..runner import Runner
from ..tflite.gpu import RefusedOpsError, TFLiteGpuRunner
from ..tflite.values import run_exposed
from .job import FileAnswer, Job, Ran, read_job, write_answer, write_outputs, write_values

ADVANCE = "advance"
"""Starts a line of progress."""

BEGUN = "begun"
"""A line that says that a job was taken."""

DONE = "done"
"""A line that says that a job is done."""

IDLE_S = 60.0
"""Seconds after which a worker that waits for jobs ends."""

BEGIN = "lowformer-edge: file"
"""Starts a line on stderr: what native code says after it is about this file."""


def main(arguments: list[str]) -> None:
    """Does the job in the folder that is the only argument; without one, those that stdin names."""
    if arguments:
        (folder,) = map(Path, arguments)
        do(folder)
        return
    for folder in _asked_folders():
        print(f"\n{BEGUN}", flush=True)
        do(folder)
        print(f"\n{DONE}", flush=True)


def _asked_folders() -> Iterator[Path]:
    """Folders of jobs, a line of JSON each, until there are no more for a while."""
    while True:
        # Where a pipe cannot be waited for, as on Windows, reading waits.
        with contextlib.suppress(OSError):
            if not select.select([sys.stdin], [], [], IDLE_S)[0]:
                return
        line = sys.stdin.readline()
        if not line:
            return
        yield Path(json.loads(line))


def do(folder: Path) -> None:
    """Does the job in a folder."""
    job, pixels = read_job(folder)
    if job.values:
        path = folder / job.files[0]
        if job.accelerator == "npu":
            write_values(folder, run_exposed_on_npu(path, np.asarray(pixels), chip_of(job.chip)))
        else:
            write_values(folder, run_exposed(path, np.asarray(pixels), job.accelerator))
        return
    preprocessing = Preprocessing.from_dict(job.preprocessing)
    machine = describe_machine()
    answers: list[FileAnswer] = []
    # Written after each file: one that ends this process is the first without an answer.
    write_answer(folder, machine, answers)
    for number, name in enumerate(job.files[job.first :], job.first):
        print(BEGIN, number, file=sys.stderr, flush=True)
        ran = _run(folder / name, job, pixels, preprocessing)
        if ran.outputs is not None:
            write_outputs(folder, number, ran.outputs)
        answers.append(ran.answer)
        write_answer(folder, machine, answers)


def _run(path: Path, job: Job, pixels: Pixels, preprocessing: Preprocessing) -> Ran:
    """Runs one file; what keeps it from running, a runtime's error too, is part of the answer."""
    try:
        with _open(path, job) as runner:
            if job.counted:
                outputs = _count(runner, job.counted, pixels[:1], preprocessing)
            else:
                outputs = runner.run_pixels(pixels, preprocessing, advance)
        answer = FileAnswer(runtime=runner.runtime)
        if isinstance(runner, TFLiteGpuRunner):
            answer = FileAnswer(
                runtime=runner.runtime,
                device=runner.device,
                is_software=runner.is_software,
                half=_half(path, job, runner.prepared(pixels[:1], preprocessing), outputs),
                residency=runner.residency,
            )
        elif isinstance(runner, QnnRunner):
            answer = FileAnswer(
                runtime=runner.runtime,
                residency=residency_record(runner.residency),
            )
        elif not job.counted:
            found = residency_record(format_of(path).residency(path, job.threads))
            answer = FileAnswer(runtime=runner.runtime, residency=found)
    except RefusedOpsError as error:
        return Ran(FileAnswer(failure=one_line(error), residency=error.residency), None)
    except RefusedByNpuError as error:
        return Ran(FileAnswer(failure=one_line(error), residency=refused_by_npu(error)), None)
    except (LowFormerEdgeError, RuntimeError) as error:
        return Ran(FileAnswer(failure=one_line(error)), None)
    return Ran(answer, outputs)


def _half(path: Path, job: Job, image: NDArray[Any], outputs: Outputs) -> bool | None:
    """Whether a GPU that was allowed half precision used it: then outputs differ from float32's.

    A device without fp16 computes in float32 and does not say so.
    """
    if job.accelerator != "gpu-fp16":
        return None
    with TFLiteGpuRunner(path, half=False) as runner:
        full = runner.run(image)
    return any(not np.array_equal(values, outputs[name][:1]) for name, values in full.items())


def _open(path: Path, job: Job) -> Runner:
    if job.accelerator == "npu":
        return QnnRunner(path, chip=chip_of(job.chip))
    if job.accelerator == "cpu":
        return format_of(path).runner(path, job.threads)
    return TFLiteGpuRunner(path, half=job.accelerator == "gpu-fp16")


def _count(
    runner: Runner, times: int, pixels: NDArray[np.uint8], preprocessing: Preprocessing
) -> Outputs:
    """Marks each of some inferences of one image, uint8 [1, H, W, 3]; its outputs.

    Files that take no image are run by noise.
    """
    if runner.image is None:
        runner.set_noise()
    else:
        image = runner.prepared(pixels, preprocessing)
        runner.set_input(np.repeat(image, runner.batch, axis=0))
    runner.invoke()
    for number in range(1, times + 1):
        mark(BEFORE)
        runner.invoke()
        mark(number)
        advance(1)
    return {name: np.atleast_2d(values)[:1] for name, values in runner.real_outputs().items()}


def advance(count: int) -> None:
    """Tells how many more inferences are done, to whoever started this process."""
    print(ADVANCE, count, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
