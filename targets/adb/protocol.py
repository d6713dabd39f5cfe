"""What a phone is asked to do with files, and what the app there answers.

``docs/device-protocol.md`` states it for the app. Arrays are raw, as a phone reads them most
simply, with their shapes in the JSON.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from ...artifact.files import digest_of, size_of
from ...artifact.formats import Accelerator
from ...artifact.manifest import DecibelsOrExact, Digest, Tensor
from ...artifact.validation import first_fault
from ...errors import ArtifactError, TargetError
from ...process.text import one_line
from ...runtime.images import why_no_image
from ...runtime.tensor_values import fixed_shape, shown_tensor
from ...runtime.work.job import FileAnswer, Record

PROTOCOL: Literal[3] = 3

PACKAGE = "org.lowformer.edge"
ACTIVITY = f"{PACKAGE}/.VerifyActivity"

JOBS = "/data/local/tmp/lowformer-edge"
"""Holds a folder for each job, which the app may read but not write."""

ANSWERS = f"/sdcard/Android/data/{PACKAGE}/files"
"""The app's ``getExternalFilesDir(null)``; the app makes a folder of the job's name in it, and in
that one of each request's number."""

JOB = "job.json"
PIXELS = "pixels.raw"
CANCEL = "cancel"
ANSWER = "answer.json"
PROGRESS = "progress"

THERMAL = ("none", "light", "moderate", "severe", "critical", "emergency", "shutdown")
"""Android's names of how much it throttles, from 0."""

Result = TypeVar("Result", bound=Record)
RunKind = TypeVar("RunKind", bound="RunResult")


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

    @property
    def bytes(self) -> int:
        """Of the file."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize


class DeviceFile(Record):
    """A file to be run, with what the app need not read out of it.

    Attributes:
        path: Relative to the job's folder.
        sha256: Of its content, in hex.
        bytes: Its size.
        input: Its one input.
        outputs: Its outputs, in its order.
    """

    path: str
    sha256: Digest
    bytes: int
    input: Tensor
    outputs: tuple[Tensor, ...]


class Task(Record):
    """What every request says.

    Attributes:
        files: Numbers of the job's files.
        threads: Of each runtime.
        accelerator: What runs them.
        timeout_s: After how many seconds the app is to end.
    """

    files: tuple[int, ...]
    threads: int
    accelerator: Accelerator
    timeout_s: float


class RunTask(Task):
    """Run images: uint8 [N, H, W, 3], resized, and cropped or padded.

    ``preprocessing`` normalises them, but for files that take images.
    """

    task: Literal["run"] = "run"
    pixels: RawArray
    preprocessing: dict[str, Any]


class CheckTask(Task):
    """Check files of a bundle, whose folder is relative to the job's, by its golden vectors."""

    task: Literal["check"] = "check"
    bundle: str


class AloneTask(Task):
    """Open the file and run it a few times; see :func:`.measure_first_run`."""

    task: Literal["alone"] = "alone"


class TimeTask(Task):
    """Time the files in turns; see :func:`.timing.time_files`."""

    task: Literal["time"] = "time"
    rounds: int
    first: int


class EnduranceTask(Task):
    """Run the files for so long; see :func:`.endurance.run_for`."""

    task: Literal["endurance"] = "endurance"
    seconds: float


AnyTask = Annotated[
    RunTask | CheckTask | AloneTask | TimeTask | EnduranceTask, Field(discriminator="task")
]


class DeviceJob(Record):
    """A job as it lies on a phone.

    Attributes:
        protocol: Of this module.
        files: Every file of every request.
        requests: What is to be done, each in a fresh process.
    """

    protocol: Literal[3] = PROTOCOL
    files: tuple[DeviceFile, ...]
    requests: tuple[AnyTask, ...]


class PhoneState(Record):
    """What a phone tells of itself; None is what it does not tell.

    Attributes:
        battery_percent: How full the battery is.
        battery_celsius: How warm.
        charging: Whether it is being charged.
        power_save: Whether battery saver is on, which slows the processor.
        thermal_status: How much the phone throttles, see :data:`THERMAL`.
    """

    battery_percent: int | None
    battery_celsius: float | None
    charging: bool | None
    power_save: bool | None
    thermal_status: int | None


class DeviceAnswer(Record):
    """An answer as the app leaves it.

    Attributes:
        protocol: Of this module.
        outcome: Whether it was done; otherwise what ended it.
        reason: Why it was not done, in a line; None where it was.
        machine: What the app knows of itself and of its runtimes.
        before: The phone at the beginning.
        after: The phone at the end.
        worst_thermal_status: The highest status from the beginning to the end.
        throttled: Whether that is any throttling; None where the phone does not tell.
        result: What was found out, by task; None where it was not done.
    """

    protocol: Literal[3]
    outcome: Literal["done", "failed", "cancelled", "timeout", "low-battery"]
    reason: str | None
    machine: dict[str, str]
    before: PhoneState
    after: PhoneState
    worst_thermal_status: int | None
    throttled: bool | None
    result: dict[str, Any] | None


class RunResult(Record):
    """What became of each file, with its outputs by name; None where it could not be run.

    They are float32 [N, ...], channels first in maps.
    """

    files: tuple[FileAnswer, ...]
    outputs: tuple[dict[str, RawArray] | None, ...]


class OwnCloseness(Record):
    """How closely the app itself finds an output to follow the golden one."""

    sqnr_db: DecibelsOrExact
    cosine: float
    max_difference: float


class OwnParity(Record):
    """The same of each output whose golden one the bundle has.

    Attributes:
        outputs: By name.
        agreement: The share of images, or of places, with the same class; None of a detector.
    """

    outputs: dict[str, OwnCloseness]
    agreement: float | None


class CheckResult(RunResult):
    """The same for golden vectors, with the app's own judgement of each file."""

    parities: tuple[OwnParity | None, ...]


class AloneResult(Record):
    """A file's first moments; see :class:`.first_run.FirstRun`."""

    runtime: str
    batch: int
    load_ms: float
    first_ms: float
    peak_mb: float | None


class OwnSummary(Record):
    """The app's own figures of a file's times."""

    runs: int
    median_ms: float
    p10_ms: float
    p90_ms: float
    p99_ms: float


class TimeResult(Record):
    """Milliseconds of each run of each file, in the order of the request's files."""

    milliseconds: tuple[tuple[float, ...], ...]
    summaries: tuple[OwnSummary, ...]


class DeviceMoment(Record):
    """The end of a stretch of time; ``celsius`` is the battery's."""

    seconds: float
    megahertz: float | None
    celsius: float | None
    thermal_status: int | None


class DeviceWindow(Record):
    """A file's runs during a stretch of time; see :class:`.endurance.Window`."""

    runs: int
    median_ms: float
    p90_ms: float
    slices_ms: tuple[float, ...]


class EnduranceResult(Record):
    """Stretches of time, and by file its runs in each."""

    moments: tuple[DeviceMoment, ...]
    windows: tuple[tuple[DeviceWindow, ...], ...]


def device_file(
    name: str, path: Path, inputs: Sequence[Tensor], outputs: Sequence[Tensor]
) -> DeviceFile:
    """A file's record.

    Args:
        name: Its path in the job's folder.
        path: Where it lies here.
        inputs: What it takes.
        outputs: What it gives.

    Raises:
        ArtifactError: It cannot be read, or takes anything but images, or gives something that is
            not one for each image.
    """
    if reason := why_no_image(inputs):
        raise ArtifactError(f"{path}: {reason}; phones run files that take one RGB image")
    (given,) = map(_fixed, inputs)
    made = tuple(map(_fixed, outputs))
    for tensor in made:
        if tensor.shape[:1] != given.shape[:1]:
            raise ArtifactError(
                f"{path}: its output {shown_tensor(tensor)} is not one for each image; phones run"
                " files that give such"
            )
    return DeviceFile(
        path=name, sha256=digest_of(path), bytes=size_of(path), input=given, outputs=made
    )


def _fixed(tensor: Tensor) -> Tensor:
    return tensor.model_copy(update={"shape": fixed_shape(tensor)})


def shape_for(output: Tensor, images: int) -> tuple[int, ...]:
    """The shape of an output for so many images, channels first in maps."""
    _, *sides = fixed_shape(output)
    if output.layout == "NHWC":
        sides = [sides[2], sides[0], sides[1]]
    return images, *sides


def parse_answer(text: bytes, where: str) -> DeviceAnswer:
    """An answer.

    Args:
        text: The JSON.
        where: The device, for messages.

    Raises:
        TargetError: It is none, or tells that the request was not done.
    """
    try:
        answer = DeviceAnswer.model_validate_json(text)
    except ValidationError as error:
        raise _unreadable(error, where) from error
    if answer.outcome != "done":
        reason = one_line(answer.reason or "no reason is given")
        raise TargetError(f"{where}: {reason}")
    return answer


def parse_result(answer: DeviceAnswer, kind: type[Result], where: str) -> Result:
    """What an answer tells of its task.

    Raises:
        TargetError: It cannot be read.
    """
    try:
        return kind.model_validate(answer.result)
    except ValidationError as error:
        raise _unreadable(error, where) from error


def parse_run(
    answer: DeviceAnswer,
    kind: type[RunKind],
    files: Sequence[Sequence[Tensor]],
    images: int,
    where: str,
) -> RunKind:
    """What an answer tells of files that ran images, which is held to fit the task.

    Args:
        answer: The answer.
        kind: :class:`RunResult` or :class:`CheckResult`.
        files: What each file gives.
        images: How many images.
        where: The device, for messages.

    Raises:
        TargetError: It cannot be read, or does not fit.
    """
    result = parse_result(answer, kind, where)
    for count in {len(result.files), len(result.outputs)}:
        hold_count(count, len(files), where)
    for number, (item, arrays) in enumerate(zip(result.files, result.outputs, strict=True)):
        if (item.failure is None) != (arrays is not None):
            raise TargetError(f"{where}: the app's outputs of file {number} contradict its failure")
        if arrays is None:
            continue
        expected = {output.name: shape_for(output, images) for output in files[number]}
        found = {name: array.shape for name, array in arrays.items() if array.dtype == "float32"}
        if found != expected:
            raise TargetError(
                f"{where}: the app's outputs of file {number} are {found}, not {expected}; install"
                " the app of this version"
            )
    return result


def hold_count(found: int, asked: int, where: str) -> None:
    """Holds that the app answered for as many files as were asked for.

    Raises:
        TargetError: It did not.
    """
    if found != asked:
        raise TargetError(f"{where}: the app did not answer for the request's {asked} files")


def read_array(content: bytes, array: RawArray, where: str) -> NDArray[np.float32]:
    """An output that was fetched.

    Raises:
        TargetError: There are more or fewer than their shape says.
    """
    if len(content) != array.bytes:
        raise TargetError(f"{where}: {array.file} is damaged; run it again")
    return np.frombuffer(content, "<f4").reshape(array.shape).astype(np.float32)


def throttling(status: int | None) -> str:
    """Android's name of a thermal status."""
    if status is None:
        return "unknown"
    return THERMAL[status] if 0 <= status < len(THERMAL) else str(status)


def _unreadable(error: ValidationError, where: str) -> TargetError:
    return TargetError(
        f"{where}: the app's answer cannot be read ({first_fault(error, 'the text')});"
        " install the app of this version"
    )
