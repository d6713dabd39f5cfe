"""Measuring on a phone, by way of adb and our app.

What is measured is checked first: of each bundle the files that the phone runs, on every
accelerator that takes them. Times of a file that computes something else mean nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ...artifact.formats import Accelerator
from ...artifact.results.phone import PhoneRequestResult, PhoneResult, PhoneStateResult
from ...errors import TargetError, UsageError
from ...process.limits import LONGEST_INFERENCE_S
from ...progress import Progress
from ...runtime.measure.durations import LatencyResult
from ...runtime.measure.endurance import WINDOWS, Endurance, Moment, Window
from ...runtime.measure.first_run import FirstRun
from ...runtime.measure.sensors import Reading
from ...runtime.measure.timing import WARMUP, ProcessTiming
from ...runtime.work.fresh_process import Measured
from ...runtime.work.request import (
    Answer,
    EnduranceRequest,
    FirstRunRequest,
    Request,
    TimeRequest,
)
from ..checked_file import CheckedFile
from .app import app_on
from .check import TOLERANCE, check_on, checks_of
from .choice import AdbChoice
from .device import open_device
from .protocol import (
    AloneResult,
    AloneTask,
    DeviceAnswer,
    DeviceJob,
    EnduranceResult,
    EnduranceTask,
    OwnSummary,
    TimeResult,
    TimeTask,
    hold_count,
    parse_result,
    throttling,
)
from .shipment import shipment_of

MeasuringTask = AloneTask | TimeTask | EnduranceTask


def measure_on(
    target: AdbChoice, requests: Sequence[Request], description: str, progress: Progress
) -> Measured:
    """Measures on a phone, in a fresh process of the app for each request.

    Args:
        target: The phone.
        requests: What is to be measured.
        description: What is being done.
        progress: Is told about each step.

    Raises:
        UsageError: The app has no such task.
        TargetError: The phone cannot be reached, or the app failed.
    """
    paths = list(dict.fromkeys(path for request in requests for path in request.files))
    numbers = {path: number for number, path in enumerate(paths)}
    tasks = [_task(request, numbers, target) for request in requests]
    device = open_device(target.serial, target.name)
    shipment = shipment_of(paths)
    threads = tasks[0].threads
    checks = [one for item in shipment.bundles for one in checks_of(item, target, threads)]
    job = DeviceJob(files=shipment.files, requests=(*(check.task for check in checks), *tasks))
    with app_on(device, target.name, target.apk, target.patience, progress) as (app, machine):
        app.send(job, shipment.parts, progress)
        checked: list[CheckedFile] = []
        if checks:
            with progress.step(f"checking files on {target.name}", len(checks)) as advance:
                for number, check in enumerate(checks):
                    checked += check_on(app, number, check, target)
                    advance(1)
        answers = []
        with progress.step(description, len(tasks)) as advance:
            for number in range(len(checks), len(job.requests)):
                answers.append(app.do(number))
                advance(1)
    asked = list(zip(tasks, answers, strict=True))
    return Measured(
        machine=answers[0].machine | machine,
        answers=[result_of(task, answer, target.name) for task, answer in asked],
        doubts=(*check_doubts(checked, target.accelerator, target.name), *state_doubts(asked)),
        phone=PhoneResult(
            accelerator=target.accelerator,
            checks=tuple(file.record() for file in checked),
            requests=tuple(told(task, answer) for task, answer in asked),
        ),
    )


def _task(request: Request, numbers: Mapping[Path, int], target: AdbChoice) -> MeasuringTask:
    """A request as the app is asked.

    Raises:
        UsageError: The app has no such task.
    """
    asked = {
        "files": tuple(numbers[path] for path in request.files),
        "threads": request.threads,
        "accelerator": target.accelerator,
    }
    if isinstance(request, FirstRunRequest):
        return AloneTask(**asked, timeout_s=target.patience + LONGEST_INFERENCE_S * (1 + WARMUP))
    if isinstance(request, TimeRequest):
        runs = 2 * len(request.files) * (WARMUP + request.rounds)
        return TimeTask(
            **asked,
            timeout_s=target.patience + LONGEST_INFERENCE_S * runs,
            rounds=request.rounds,
            first=request.first,
        )
    if isinstance(request, EnduranceRequest):
        return EnduranceTask(
            **asked, timeout_s=target.patience + request.seconds, seconds=request.seconds
        )
    raise UsageError(f"{target.name}: the app tells no times of single ops; leave `profile` out")


def result_of(task: MeasuringTask, answer: DeviceAnswer, where: str) -> Answer:
    """What a request is to give.

    Raises:
        TargetError: The answer does not fit, or is not what its own times say.
    """
    if isinstance(task, AloneTask):
        return FirstRun(**parse_result(answer, AloneResult, where).model_dump())
    if isinstance(task, EnduranceTask):
        found = parse_result(answer, EnduranceResult, where)
        hold_count(len(found.windows), len(task.files), where)
        if {len(found.moments), *map(len, found.windows)} != {WINDOWS}:
            raise TargetError(f"{where}: the app did not answer for {WINDOWS} stretches of time")
        return _endurance(found)
    result = parse_result(answer, TimeResult, where)
    hold_count(len(result.milliseconds), len(task.files), where)
    hold_count(len(result.summaries), len(task.files), where)
    for times, own in zip(result.milliseconds, result.summaries, strict=True):
        if len(times) != task.rounds or not _agree(own, LatencyResult(np.array(times))):
            raise TargetError(
                f"{where}: the app's figures are not those of its own times; install the app of"
                " this version"
            )
    return ProcessTiming(result.milliseconds, taken=None)


def _endurance(found: EnduranceResult) -> Endurance:
    """The same as our own records."""
    return Endurance(
        moments=tuple(
            Moment(
                seconds=moment.seconds,
                reading=Reading(moment.megahertz, moment.celsius),
                taken=None,
                throttling=throttling(moment.thermal_status),
            )
            for moment in found.moments
        ),
        windows=tuple(
            tuple(Window(**window.model_dump()) for window in windows) for windows in found.windows
        ),
    )


def _agree(own: OwnSummary, ours: LatencyResult) -> bool:
    """Whether the app summed up times as we do."""
    pairs = [
        (own.runs, len(ours.milliseconds)),
        (own.median_ms, ours.median),
        (own.p10_ms, ours.percentile(10)),
        (own.p90_ms, ours.percentile(90)),
        (own.p99_ms, ours.percentile(99)),
    ]
    return all(math.isclose(one, other, rel_tol=TOLERANCE) for one, other in pairs)


def check_doubts(checked: Sequence[CheckedFile], accelerator: Accelerator, where: str) -> list[str]:
    """What the check says against times on the accelerator that was measured, a line each."""
    return [
        f"{item.file} on {where}: {item.failure}"
        for item in checked
        if item.failure and item.accelerator == accelerator
    ]


def state_doubts(asked: Sequence[tuple[MeasuringTask, DeviceAnswer]]) -> list[str]:
    """What the phone's own state says against its times, a line each."""
    timed = [answer for task, answer in asked if not isinstance(task, EnduranceTask)]
    found = []
    throttled = [answer for answer in timed if answer.throttled]
    if throttled:
        worst = throttling(max(answer.worst_thermal_status or 0 for answer in throttled))
        found.append(
            f"the phone throttled ({worst}) during {len(throttled)} of {len(timed)} processes; let"
            " it cool down"
        )
    if any(state.power_save for _, answer in asked for state in (answer.before, answer.after)):
        found.append("the phone's battery saver is on, which slows it down; turn it off")
    return found


def told(task: MeasuringTask, answer: DeviceAnswer) -> PhoneRequestResult:
    """The phone's state around a request."""
    return PhoneRequestResult(
        task=task.task,
        before=PhoneStateResult(**dict(answer.before)),
        after=PhoneStateResult(**dict(answer.after)),
        worst_thermal_status=answer.worst_thermal_status,
        throttled=answer.throttled,
    )
