"""What another process or machine is asked to do with files, and what it answers.

Both lie in a folder, so that they can be copied to wherever the worker runs: ``job.json`` and
``pixels.npy`` go there, ``answer.json`` and one ``.npz`` of outputs a file come back.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from ...artifact.arrays import read_arrays
from ...artifact.formats import Accelerator
from ...artifact.manifest import Residency
from ...artifact.outputs import Outputs
from ...artifact.pixel_file import Pixels, load_pixels, save_pixels
from ...errors import DataError, TargetError
from ...process.limits import LARGEST_TEXT
from ...process.reading import read_text
from ...process.replacing import replaced_file
from ...process.text import one_line

JOB = "job.json"
PIXELS = "pixels.npy"
ANSWER = "answer.json"
VALUES = "values.npz"


class Record(BaseModel):
    """Plain values that go to and from other machines as JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Job(Record):
    """What is to be done.

    Attributes:
        files: The files to run; paths are relative to the job's folder or absolute.
        preprocessing: Normalises the pixels.
        threads: Of each runtime.
        accelerator: What runs them.
        chip: Whose NPU, where that is the accelerator.
        counted: Inferences of each file, after one that is not counted, whose instructions are
            marked for the counter, of the first image; 0 runs every image once, without marks.
        first: The file to begin with, where one before it ended the process.
        values: Whether instead of images the only file's input is given as it is stored, and all
            its outputs are wanted; see :meth:`TFLiteTracer.exposed`.
    """

    files: tuple[str, ...]
    preprocessing: dict[str, Any]
    threads: int = 1
    accelerator: Accelerator = "cpu"
    chip: str = ""
    counted: int = 0
    first: int = 0
    values: bool = False


class FileAnswer(Record):
    """What became of one file.

    Attributes:
        failure: Why it could not be run, or None.
        runtime: What ran it.
        device: What that ran on, where it is not the processor.
        is_software: Whether the device is a program on the processor.
        half: Whether the device computed in half precision, where it was allowed to.
        residency: Where its ops ran, where the runtime tells.
    """

    failure: str | None = None
    runtime: str | None = None
    device: str | None = None
    is_software: bool = False
    half: bool | None = None
    residency: Residency | None = None


class Answer(Record):
    """What a worker did.

    Attributes:
        machine: Where it ran.
        files: One answer for each of the job's files from the first one on that it was to run, as
            far as it came.
    """

    machine: dict[str, str]
    files: tuple[FileAnswer, ...]


@dataclasses.dataclass(frozen=True)
class Ran:
    """A file that was run elsewhere.

    Attributes:
        answer: What the worker said of it.
        outputs: Its outputs; None where it could not be run.
    """

    answer: FileAnswer
    outputs: Outputs | None


def write_job(folder: Path, job: Job, pixels: Pixels | NDArray[Any] | None) -> None:
    """Writes a job and its images, uint8 [N, H, W, 3], or the input that it has in their place.

    None stands for those that are there already.
    """
    if pixels is not None:
        save_pixels(folder / PIXELS, pixels)
    (folder / JOB).write_text(job.model_dump_json(), encoding="utf-8")


def read_job(folder: Path) -> tuple[Job, Pixels]:
    """A job and its images or input."""
    job = Job.model_validate_json((folder / JOB).read_text(encoding="utf-8"))
    return job, load_pixels(folder / PIXELS)


def write_outputs(folder: Path, number: int, outputs: Outputs) -> None:
    """Writes the outputs of one of a job's files."""
    arrays: dict[str, Any] = dict(outputs)
    np.savez(folder / _outputs_name(number), **arrays)


def write_answer(folder: Path, machine: dict[str, str], files: Sequence[FileAnswer]) -> None:
    """Writes what became of the files so far, of which outputs are written already."""
    answer = Answer(machine=machine, files=tuple(files))
    with replaced_file(folder / ANSWER) as temporary:
        temporary.write_text(answer.model_dump_json(), encoding="utf-8")


def read_answer(folder: Path, job: Job, images: int) -> tuple[dict[str, str], list[Ran]]:
    """The machine, and what became of each file of a job.

    Raises:
        TargetError: There is no answer, or it does not fit the job.
    """
    machine, ran = read_begun(folder, job, images)
    asked = len(job.files) - job.first
    if len(ran) != asked:
        raise TargetError(f"the worker answered for {len(ran)} of {asked} files")
    return machine, ran


def read_begun(folder: Path, job: Job, images: int) -> tuple[dict[str, str], list[Ran]]:
    """The same as far as a worker came.

    Raises:
        TargetError: It did not begin, or its answer is damaged.
    """
    try:
        answer = Answer.model_validate_json(read_text(folder / ANSWER, LARGEST_TEXT))
        ran = []
        for number, item in enumerate(answer.files, job.first):
            outputs = None
            if item.failure is None:
                outputs = _read_outputs(folder / _outputs_name(number), number, images)
            ran.append(Ran(item, outputs))
    except FileNotFoundError as error:
        raise TargetError(f"the worker left no {Path(error.filename).name}") from error
    except (OSError, ValueError, DataError) as error:
        reason = one_line(error)
        raise TargetError(f"the worker's answer cannot be read ({reason})") from error
    return answer.machine, ran


def write_values(folder: Path, values: Sequence[NDArray[Any]]) -> None:
    """Writes what all outputs of a file were."""
    with replaced_file(folder / VALUES) as temporary, temporary.open("wb") as stream:
        np.savez(stream, *values)


def read_values(folder: Path) -> list[NDArray[Any]]:
    """What all outputs of a file were.

    Raises:
        TargetError: They are not there, or damaged.
    """
    try:
        with np.load(folder / VALUES, allow_pickle=False) as found:
            return [found[f"arr_{number}"] for number in range(len(found))]
    except (OSError, ValueError, KeyError) as error:
        raise TargetError("the worker left no values") from error


def _read_outputs(path: Path, number: int, images: int) -> Outputs:
    """A file's outputs.

    Raises:
        FileNotFoundError: There are none.
        DataError: They are damaged.
        ValueError: They are not those of as many images.
    """
    # They are stored as they are: what unpacks to more than the file is none of ours.
    outputs = read_arrays(path, path.stat().st_size)
    if not outputs:
        raise ValueError(f"there are no outputs of file {number}")
    for name, values in outputs.items():
        if values.dtype != np.float32 or values.ndim < 2 or len(values) != images:
            raise ValueError(f"{name} of file {number} are {values.dtype} {values.shape}")
    return outputs


def _outputs_name(number: int) -> str:
    return f"outputs-{number}.npz"
