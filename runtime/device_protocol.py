"""What a phone is asked to do with files, and what the app there answers.

``docs/device-protocol.md`` states it for the app. The records are those of
:mod:`~lowformer_edge.runtime.job`; arrays are raw, as a phone reads them most simply, with their
shapes in the JSON.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from ..errors import TargetError
from .job import Answer, Job, Ran, Record

PROTOCOL = 1

PACKAGE = "org.lowformer.edge"
ACTIVITY = f"{PACKAGE}/.VerifyActivity"

JOBS = "/data/local/tmp/lowformer-edge"
"""Holds a folder for each job, which the app may read but not write."""

ANSWERS = f"/sdcard/Android/data/{PACKAGE}/files"
"""The app's ``getExternalFilesDir(null)``; the app makes a folder of the job's name in it."""

JOB = "job.json"
PIXELS = "pixels.raw"
ANSWER = "answer.json"
PROGRESS = "progress"


class RawArray(Record):
    """An array in a file of its own: little endian, in C order, without a header.

    Attributes:
        file: The file's name, in the same folder.
        shape: Its dimensions.
        dtype: Of its values.
    """

    file: str = Field(pattern=r"^[\w-]+\.raw$")
    shape: tuple[int, ...]
    dtype: Literal["uint8", "float32"]


class DeviceJob(Record):
    """A job as it lies on a phone.

    Attributes:
        protocol: Of this module.
        job: The files' paths are relative to the job's folder.
        pixels: uint8 [N, H, W, 3].
    """

    protocol: Literal[1]
    job: Job
    pixels: RawArray


class DeviceAnswer(Record):
    """An answer as the app leaves it.

    Attributes:
        protocol: Of this module.
        answer: What became of each file.
        logits: float32 [N, K] of each file; None where it could not be run.
    """

    protocol: Literal[1]
    answer: Answer
    logits: tuple[RawArray | None, ...]


def device_job(job: Job, pixels: NDArray[np.uint8]) -> str:
    """The JSON of a job for images, uint8 [N, H, W, 3]."""
    array = RawArray(file=PIXELS, shape=pixels.shape, dtype="uint8")
    return DeviceJob(protocol=PROTOCOL, job=job, pixels=array).model_dump_json()


def parse_answer(text: bytes, job: Job, images: int, where: str) -> DeviceAnswer:
    """An answer, which is held to fit its job.

    Args:
        text: The JSON.
        job: What was asked.
        images: How many there were.
        where: The device, for messages.

    Raises:
        TargetError: It is none, or does not fit.
    """
    try:
        answer = DeviceAnswer.model_validate_json(text)
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"])) or "the text"
        raise TargetError(
            f"{where}: the app's answer cannot be read ({place}: {error.errors()[0]['msg']});"
            " install the app of this version"
        ) from error
    counts = {len(answer.answer.files), len(answer.logits)}
    if counts != {len(job.files)}:
        raise TargetError(f"{where}: the app did not answer for the job's {len(job.files)} files")
    for number, (item, array) in enumerate(zip(answer.answer.files, answer.logits, strict=True)):
        if (item.failure is None) != (array is not None):
            raise TargetError(f"{where}: the app's logits of file {number} contradict its failure")
        if array and (array.dtype, len(array.shape), array.shape[0]) != ("float32", 2, images):
            raise TargetError(
                f"{where}: the app's logits of file {number} are {array.dtype} {array.shape}"
            )
    return answer


def read_arrays(answer: DeviceAnswer, folder: Path, where: str) -> tuple[Ran, ...]:
    """What became of each file, with the logits that lie in a folder.

    Raises:
        TargetError: A file is of another size than its shape says.
    """
    ran = []
    for item, array in zip(answer.answer.files, answer.logits, strict=True):
        logits = None
        if array:
            content = np.fromfile(folder / array.file, "<f4")
            if content.size != math.prod(array.shape):
                raise TargetError(f"{where}: {array.file} is damaged; run it again")
            logits = content.reshape(array.shape).astype(np.float32)
        ran.append(Ran(item, logits))
    return tuple(ran)
