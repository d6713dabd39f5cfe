"""What a phone's own report means: its answers as they would be taken over adb.

The app asked itself, in one process, so there is no fresh process for each request, and nobody
but the app has seen the outputs.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ...artifact.bundle import Bundle
from ...artifact.formats import Accelerator
from ...artifact.manifest import ArtifactRecord, Closeness, Interval, Parity
from ...artifact.results.phone import PhoneResult
from ...errors import TargetError
from ...judging.promise import promise_of
from ...process.limits import LONGEST_INFERENCE_S
from ...process.text import one_line
from ...runtime.measure.first_run import FirstRun
from ...runtime.measure.timing import ProcessTiming
from ...runtime.work.fresh_process import Measured
from ...runtime.work.request import Answer
from ...tasks.names import DETECTION
from ...tasks.share import interval
from ..checked_file import CheckedFile
from .check import DECODED
from .measuring import MeasuringTask, check_doubts, result_of, state_doubts, told
from .phone_report import PhoneReport, ReportedCheck, ReportedRequest
from .protocol import (
    AloneTask,
    CheckTask,
    DeviceAnswer,
    OwnParity,
    TimeTask,
    hold_count,
    parse_result,
)

LEAST_PASSES = 2
"""Ratios need so many openings of all files."""

OWN_PARITY = "golden vectors, by the app itself"

_UNDECODED = "the app itself does not judge boxes; run lowformer-verify --on adb"
_Step = tuple[MeasuringTask, DeviceAnswer]
_LONGEST_MS = 1000 * LONGEST_INFERENCE_S


@dataclasses.dataclass(frozen=True)
class ReportedPlace:
    """What a report tells of one accelerator.

    Attributes:
        accelerator: Which.
        paths: The files that were timed there; none where nothing ran.
        threads: Of each runtime.
        measured: A first run of each file, and times of all in turns.
        left_out: What was not timed, with the reason.
    """

    accelerator: Accelerator
    paths: tuple[Path, ...]
    threads: int
    measured: Measured
    left_out: Mapping[str, str]


class _Reading:
    """A report with the bundle that it is of.

    Args:
        report: The report.
        where: Its path, for messages.
        bundle: The bundle.
    """

    def __init__(self, report: PhoneReport, where: Path, bundle: Bundle) -> None:
        self._report, self._where = report, str(where)
        self._bundle, self._images = bundle, len(bundle.golden().pixels)
        self._records = {record.file.path: record for record in bundle.manifest.artifacts}

    def place(self, accelerator: Accelerator) -> ReportedPlace:
        """What was found out on an accelerator.

        Raises:
            TargetError: The answers are not what an app would give.
        """
        asked = [one for one in self._report.requests if one.task.accelerator == accelerator]
        checked = self._checked([one for one in asked if isinstance(one.task, CheckTask)])
        left_out = {
            item.file: item.failure or "" for item in checked if item.answer and item.answer.failure
        }
        alone, together = self._timed(asked, left_out)
        files = together[0].task.files if together else ()
        names = [self._report.files[number].path for number in files]
        if set(names) - {item.file for item in checked} or set(names) & left_out.keys():
            raise TargetError(f"{self._where}: files were timed that were not checked before")
        counted = [alone[number] for number in files] + together
        steps: list[_Step] = [
            (one.task, one.answer) for one in counted if not isinstance(one.task, CheckTask)
        ]
        answers = [result_of(task, answer, self._where) for task, answer in steps]
        _hold_plausible(steps, answers, self._where)
        where = f"the phone's {accelerator}"
        return ReportedPlace(
            accelerator=accelerator,
            paths=tuple(self._bundle.folder / name for name in names),
            threads=asked[0].task.threads,
            measured=Measured(
                machine=asked[0].answer.machine,
                answers=answers,
                doubts=(
                    *check_doubts(
                        [item for item in checked if item.file in names], accelerator, where
                    ),
                    *state_doubts(steps),
                ),
                phone=PhoneResult(
                    accelerator=accelerator,
                    checks=tuple(item.record() for item in checked),
                    requests=tuple(told(task, answer) for task, answer in steps),
                ),
            ),
            left_out={f"{name} on the {accelerator}": why for name, why in left_out.items()},
        )

    def _checked(self, checks: Sequence[ReportedRequest]) -> list[CheckedFile]:
        """What the app itself says of each file's parity."""
        if len(checks) != 1 or checks[0].answer.outcome != "done":
            raise TargetError(f"{self._where}: has not one check that was done for an accelerator")
        (check,) = checks
        result = parse_result(check.answer, ReportedCheck, self._where)
        hold_count(len(result.files), len(check.task.files), self._where)
        hold_count(len(result.parities), len(check.task.files), self._where)
        found = []
        for number, said, own in zip(check.task.files, result.files, result.parities, strict=True):
            record = self._records[self._report.files[number].path]
            if (said.failure is None) != (own is not None):
                raise TargetError(f"{self._where}: a parity contradicts its file's failure")
            name, accelerator = record.file.path, check.task.accelerator
            parity, failure = None, said.failure and _reason(said.failure, name)
            if own is not None:
                parity, failure = self._parity(own, record, accelerator)
            found.append(CheckedFile(name, accelerator, said, parity, failure))
        return found

    def _parity(
        self, own: OwnParity, record: ArtifactRecord, accelerator: Accelerator
    ) -> tuple[Parity | None, str | None]:
        """The app's own figures as ours, and what they breach."""
        names = {output.name for output in record.outputs} - set(DECODED)
        figures = [
            figure
            for item in own.outputs.values()
            for figure in (item.sqnr_db, item.cosine, item.max_difference)
            if figure != "exact"
        ]
        agreement = own.agreement
        if (
            own.outputs.keys() != names
            or (agreement is None) != (self._bundle.manifest.task == DETECTION)
            or not all(math.isfinite(float(figure)) for figure in figures)
            or not 0 <= (agreement or 0) <= 100
        ):
            raise TargetError(
                f"{self._where}: the parity of {record.file.path} is none of its task"
            )
        if not names:
            return None, _UNDECODED
        parity = Parity(
            images=self._images,
            data=OWN_PARITY,
            outputs={name: Closeness(**dict(item)) for name, item in own.outputs.items()},
            agreement=_agreement(agreement, self._images),
        )
        promise = promise_of(
            record.precision,
            half=accelerator == "gpu-fp16",
            trained=self._bundle.manifest.source.fit_for_accuracy,
        )
        return parity, promise.breach(parity)

    def _timed(
        self, asked: Sequence[ReportedRequest], left_out: dict[str, str]
    ) -> tuple[dict[int, ReportedRequest], list[ReportedRequest]]:
        """Files alone by their numbers, and all in turns; what failed is told in ``left_out``."""
        alone = {}
        for one in asked:
            if isinstance(one.task, AloneTask):
                (number,) = one.task.files[:1]
                if len(one.task.files) > 1 or number in alone:
                    raise TargetError(f"{self._where}: a file was not opened alone, or twice")
                alone[number] = one
        together = [one for one in asked if isinstance(one.task, TimeTask)]
        for one in (*alone.values(), *together):
            if one.answer.outcome == "done":
                continue
            reason = one.answer.reason or "no reason is given"
            if one.answer.outcome != "failed":
                raise TargetError(f"{self._where}: was not finished: {one_line(reason)}")
            for number in one.task.files:
                name = self._report.files[number].path
                left_out[name] = _reason(reason, name)
        if any(one.answer.outcome != "done" for one in together):
            return alone, []
        if len({one.task.files for one in together}) > 1 or 0 < len(together) < LEAST_PASSES:
            raise TargetError(f"{self._where}: all files of an accelerator are timed twice or more")
        if together and not set(together[0].task.files) <= alone.keys():
            raise TargetError(f"{self._where}: a file was timed that was not opened alone")
        return alone, together


def places_of(report: PhoneReport, where: Path, bundle: Bundle) -> list[ReportedPlace]:
    """What a report tells of each accelerator, in its order.

    Args:
        report: The report, which is of this bundle.
        where: Its path, for messages.
        bundle: The bundle.

    Raises:
        TargetError: The answers are not what an app would give, or figures are not those of
            their own times.
    """
    reading = _Reading(report, where, bundle)
    accelerators = dict.fromkeys(request.task.accelerator for request in report.requests)
    return [reading.place(accelerator) for accelerator in accelerators]


def _reason(said: str, name: str) -> str:
    """Why a file failed, in a line; the app begins with the file's name, which stands before."""
    return one_line(said).removeprefix(f"{name}: ")


def _agreement(percent: float | None, images: int) -> Interval | None:
    # Of a segmenter's places nobody says how many there were: images give the wider interval.
    return None if percent is None else interval(percent / 100, images)


def _hold_plausible(steps: Sequence[_Step], answers: Sequence[Answer], where: str) -> None:
    """Holds that times are those of inferences, and within what their requests allowed.

    Raises:
        TargetError: One is not.
    """
    for (task, _), answer in zip(steps, answers, strict=True):
        if isinstance(answer, FirstRun):
            opening, inferences = answer.load_ms, [answer.first_ms]
            if not 0 < answer.batch < 1 << 16 or not _all_within([answer.peak_mb or 0.0], 1e6):
                raise TargetError(f"{where}: a file's first run is none")
        else:
            assert isinstance(answer, ProcessTiming)
            opening, inferences = 0.0, [time for times in answer.milliseconds for time in times]
        seconds = (opening + sum(inferences)) / 1000
        if (
            not _all_within([opening], math.inf)
            or not _all_within(inferences, _LONGEST_MS)
            or not all(inferences)
            or not seconds <= task.timeout_s
        ):
            raise TargetError(f"{where}: times are not above 0, or longer than a request may take")


def _all_within(values: Iterable[float], most: float) -> bool:
    return all(math.isfinite(value) and 0 <= value <= most for value in values)
