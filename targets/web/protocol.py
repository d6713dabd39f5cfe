"""What a browser is asked to do with files, and what the page there answers.

``docs/web-page.md`` states it for the page. It is JSON throughout, and arrays are base64 of their
little-endian bytes, so that a page without a server can save its answers as one file.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from ...artifact.formats import WebAccelerator
from ...artifact.manifest import Digest, Tensor
from ...artifact.outputs import Outputs
from ...artifact.validation import first_fault
from ...errors import TargetError
from ...process.text import one_line, printable
from ...runtime.work.job import FileAnswer, Record

PROTOCOL: Literal[1] = 1

JOB = "job.json"
"""In the site's root; all paths in it are relative to that."""

LONGEST_SILENCE_S = 300.0
"""For how long a worker may be silent: a software GPU takes half a minute for an image."""

WARMUP_S = 3.0

LONGEST_TEXT = 2000
"""Characters of a reason or of a fact."""

MOST_RUNS = 10**6
"""Of a file that are timed together, or images of a batch."""

MOST_LINES = 100
"""Of a runtime's own log."""

Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
Result = TypeVar("Result", bound=Record)

_Side = Annotated[int, Field(ge=1)]

_BASE64_OVERHEAD = 4 / 3
_ROOM = 1 << 20
"""Bytes of an answer besides its arrays and times."""

_TIME_CHARACTERS = 25


class WebFile(Record):
    """A file to be run, with what the page need not read out of it.

    Attributes:
        path: Where the site has it.
        name: As it is shown.
        format: ``tflite`` or ``onnx``.
        precision: Of a bundle's file, as it is shown; empty where nobody says.
        sha256: Of its content, in hex.
        bytes: Its size.
        input: Its one input.
        outputs: Its outputs, in its order.
    """

    path: str
    name: str
    format: Literal["tflite", "onnx"]
    precision: str
    sha256: Digest
    bytes: int
    input: Tensor
    outputs: tuple[Tensor, ...]


class Task(Record):
    """What every request says.

    Attributes:
        files: Numbers of the job's files.
        accelerator: What runs them.
        threads: Of each runtime.
        timeout_s: After how many seconds of silence of a worker it is given up.
    """

    files: tuple[int, ...] = Field(min_length=1)
    accelerator: WebAccelerator
    threads: int = Field(ge=1)
    timeout_s: float = Field(gt=0)


class WebImages(Record):
    """Images: uint8 in C order, in a file of its own.

    Attributes:
        file: Where the site has them.
        shape: [N, H, W, 3].
    """

    file: str
    shape: tuple[_Side, _Side, _Side, Literal[3]]


class CheckTask(Task):
    """Run images by each file, in a fresh worker each.

    Attributes:
        images: Resized, and cropped or padded.
        preprocessing: Normalises them, but for files that take pixels.
    """

    task: Literal["check"] = "check"
    images: WebImages
    preprocessing: dict[str, Any]


class AloneTask(Task):
    """Open the file in a fresh worker and run it a few times; see :func:`.measure_first_run`."""

    task: Literal["alone"] = "alone"
    files: tuple[int, ...] = Field(min_length=1, max_length=1)


class TimeTask(Task):
    """Time the files in turns in one fresh worker; see :func:`.timing.time_files`.

    Attributes:
        rounds: Timed runs of each, or batches of runs where the clock is coarse.
        warmup_s: For how many seconds runs are not timed at least: browsers go on compiling
            WebAssembly while it runs.
        first: Number, among the request's files, of the one that is opened and run first.
    """

    task: Literal["time"] = "time"
    rounds: int = Field(ge=1)
    first: int = Field(ge=0)
    warmup_s: float = Field(default=WARMUP_S, ge=0, allow_inf_nan=False)


AnyTask = Annotated[CheckTask | AloneTask | TimeTask, Field(discriminator="task")]


class WebJob(Record):
    """A job as a site has it.

    Attributes:
        protocol: Of this module.
        name: What is to be checked, as it is shown.
        files: Every file of every request.
        requests: What is to be done, one after the other.
        starts: Whether the page does them as soon as it is open, and posts its answers.
    """

    protocol: Literal[1] = PROTOCOL
    name: str
    files: tuple[WebFile, ...]
    requests: tuple[AnyTask, ...]
    starts: bool


class WebArray(Record):
    """An output's values, float32 in C order, channels first in maps.

    Attributes:
        shape: [N, ...].
        base64: The bytes.
    """

    shape: tuple[int, ...]
    base64: str


class WebAnswer(Record):
    """An answer as the page gives it.

    Attributes:
        outcome: Whether it was done.
        reason: Why it was not, in a line; None where it was.
        seconds: What it took.
        hidden: Whether the page was not to be seen at some time meanwhile, when browsers slow down.
        clock_step_ms: The smallest step that the browser's clock was seen to make.
        log: What the runtimes said, the last lines.
        result: What came of it, by task; None where it was not done.
    """

    outcome: Literal["done", "failed"]
    reason: Text | None
    seconds: float = Field(ge=0, allow_inf_nan=False)
    hidden: bool
    clock_step_ms: float = Field(ge=0, allow_inf_nan=False)
    log: tuple[Text, ...] = Field(max_length=MOST_LINES)
    result: dict[str, Any] | None


class CheckResult(Record):
    """What became of each file, with its outputs by name; None where it could not be run."""

    files: tuple[FileAnswer, ...]
    outputs: tuple[dict[str, WebArray] | None, ...]


class AloneResult(Record):
    """A file's first moments; see :class:`.first_run.FirstRun`."""

    runtime: Text
    batch: int = Field(ge=1, le=MOST_RUNS)
    load_ms: float = Field(gt=0, allow_inf_nan=False)
    first_ms: float = Field(gt=0, allow_inf_nan=False)


class TimeResult(Record):
    """Milliseconds of a run of each file, in the order of the request's files.

    Attributes:
        milliseconds: Of each round, the mean of its runs.
        runs: How many runs of each file a round has, by the step of the clock.
    """

    milliseconds: tuple[tuple[Annotated[float, Field(gt=0, allow_inf_nan=False)], ...], ...]
    runs: tuple[Annotated[int, Field(ge=1, le=MOST_RUNS)], ...]


def outputs_size(file: WebFile, images: int) -> int:
    """Bytes of a file's outputs for so many images."""
    batch = file.input.shape[0] or 1
    width = np.dtype(np.float32).itemsize
    return sum(
        math.prod(side or 1 for side in output.shape) // batch * images * width
        for output in file.outputs
    )


def largest_answer(job: WebJob, request: int) -> int:
    """Bytes that the answer to a request has at most."""
    task = job.requests[request]
    if isinstance(task, CheckTask):
        size = sum(outputs_size(job.files[number], task.images.shape[0]) for number in task.files)
        return _ROOM + math.ceil(_BASE64_OVERHEAD * size)
    if isinstance(task, TimeTask):
        return _ROOM + _TIME_CHARACTERS * len(task.files) * task.rounds
    return _ROOM


def parse_answer(text: bytes, where: str) -> WebAnswer:
    """An answer.

    Args:
        text: The JSON.
        where: The browser, for messages.

    Raises:
        TargetError: It is none.
    """
    try:
        return WebAnswer.model_validate_json(text)
    except ValidationError as error:
        raise _unreadable(error, where) from error


def parse_result(answer: WebAnswer, shape: type[Result], where: str) -> Result:
    """What an answer tells of its task.

    Raises:
        TargetError: The request was not done, or the answer cannot be read.
    """
    if answer.outcome != "done":
        raise TargetError(f"{where}: {shown_reason(answer.reason)}")
    try:
        return shape.model_validate(answer.result)
    except ValidationError as error:
        raise _unreadable(error, where) from error


def parse_check(
    answer: WebAnswer, files: Sequence[WebFile], images: int, where: str
) -> list[tuple[FileAnswer, Outputs | None]]:
    """What an answer tells of files that ran images, which is held to fit the task.

    Args:
        answer: The answer.
        files: The request's.
        images: How many images.
        where: The browser, for messages.

    Raises:
        TargetError: The request was not done, or the answer cannot be read or does not fit.
    """
    result = parse_result(answer, CheckResult, where)
    if not len(result.files) == len(result.outputs) == len(files):
        raise TargetError(
            f"{where}: the answer is for {len(result.files)} of {len(files)} files; reload the page"
        )
    ran = []
    for file, told, arrays in zip(files, result.files, result.outputs, strict=True):
        if (told.failure is None) != (arrays is not None):
            raise TargetError(f"{where}: the answer contradicts itself about {file.name}")
        outputs = None if arrays is None else _outputs(arrays, file, images, where)
        ran.append((_shown(told), outputs))
    return ran


def shown_reason(text: str | None) -> str:
    """Why something was not done, in a line that is never empty: what has none passes."""
    return printable(one_line(text or "")) or "no reason is given"


def _shown(told: FileAnswer) -> FileAnswer:
    """The same with texts that fit into a line."""
    failure = None if told.failure is None else shown_reason(told.failure)
    texts = {name: getattr(told, name) for name in ("runtime", "device")}
    lines = {name: text and printable(one_line(text)) for name, text in texts.items()}
    return told.model_copy(update={**lines, "failure": failure})


def _outputs(arrays: dict[str, WebArray], file: WebFile, images: int, where: str) -> Outputs:
    """A file's outputs.

    Raises:
        TargetError: They are not those that the file gives.
    """
    wanted = {output.name: _shape(output, images) for output in file.outputs}
    given = {name: array.shape for name, array in arrays.items()}
    if given != wanted:
        raise TargetError(
            f"{where}: the outputs of {file.name} are {given}, not {wanted}; reload the page"
        )
    return {
        name: _values(array, f"{where}: {name} of {file.name}") for name, array in arrays.items()
    }


def _values(array: WebArray, what: str) -> NDArray[np.float32]:
    try:
        content = base64.b64decode(array.base64, validate=True)
    except (binascii.Error, ValueError) as error:
        raise TargetError(f"{what} is no base64") from error
    values = np.frombuffer(content, "<f4") if len(content) % 4 == 0 else np.empty(0, "<f4")
    if values.size != math.prod(array.shape):
        raise TargetError(f"{what} has {len(content)} bytes, which are not of its shape")
    return values.astype(np.float32).reshape(array.shape)


def _shape(output: Tensor, images: int) -> tuple[int, ...]:
    """The shape of an output for so many images, channels first in maps."""
    _, *sides = (side or 1 for side in output.shape)
    if output.layout == "NHWC":
        sides = [sides[2], sides[0], sides[1]]
    return (images, *sides)


def _unreadable(error: ValidationError, where: str) -> TargetError:
    reason = printable(one_line(first_fault(error, "the answer")))
    return TargetError(f"{where}: the page's answer cannot be read ({reason}); reload the page")
