"""Measuring in browsers.

What is measured is checked first, by the golden vectors of the bundles that files lie in: times of
a file that computes something else mean nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...artifact.golden import GoldenVectors
from ...artifact.manifest import FILE_NAME, ArtifactRecord, Manifest, read_manifest
from ...artifact.preprocessing import Preprocessing
from ...artifact.results.browser import BrowserResult
from ...errors import TargetError, UsageError
from ...runtime.measure.first_run import FirstRun
from ...runtime.measure.timing import ProcessTiming
from ...runtime.work.fresh_process import Measured
from ...runtime.work.request import Answer, FirstRunRequest, Request, TimeRequest
from ..checked_file import CheckedFile, judge_outputs
from .gathering import BrowserRun
from .job import Parts, check_task, job_of, ship_files, ship_images
from .protocol import (
    AloneResult,
    AloneTask,
    AnyTask,
    TimeResult,
    TimeTask,
    WebAnswer,
    WebFile,
    WebJob,
    parse_check,
    parse_result,
)

CAVEAT = "times in a browser: those of an app, which runs the same file by native code, are others"

MeasuringTask = AloneTask | TimeTask


@dataclasses.dataclass(frozen=True)
class _BundleCheck:
    """A bundle whose files are checked.

    Attributes:
        folder: The bundle's.
        manifest: Its manifest.
        golden: Its golden vectors.
        records: Of its files that are measured, by their numbers in the job.
    """

    folder: Path
    manifest: Manifest
    golden: GoldenVectors
    records: Mapping[int, ArtifactRecord]


@dataclasses.dataclass(frozen=True)
class Measuring:
    """Requests as a job for browsers.

    Attributes:
        job: The job; the checks are first.
        parts: What the site has for it besides the page.
        checks: What is checked, one for each of the first requests.
    """

    job: WebJob
    parts: Parts
    checks: tuple[_BundleCheck, ...]

    def measured(self, run: BrowserRun, where: str, *, half: bool) -> Measured:
        """What a browser's answers mean.

        Args:
            run: The browser, with an answer to each request.
            where: What messages call it.
            half: Whether it may round float32 to half precision.

        Raises:
            TargetError: An answer does not fit its request, or the request failed.
        """
        count = len(self.checks)
        checked = [
            one
            for number, check in enumerate(self.checks)
            for one in self._checked(number, check, run.answers[number], where, half=half)
        ]
        steps = list(zip(self.job.requests[count:], run.answers[count:], strict=True))
        return measured_of(steps, self.job.files, checked, run.machine, where)

    def _checked(
        self, number: int, check: _BundleCheck, answer: WebAnswer, where: str, *, half: bool
    ) -> list[CheckedFile]:
        task = self.job.requests[number]
        files = [self.job.files[file] for file in task.files]
        ran = parse_check(answer, files, len(check.golden.pixels), where)
        checked = []
        for record, (told, outputs) in zip(check.records.values(), ran, strict=True):
            if outputs is None:
                path = record.file.path
                checked.append(CheckedFile(path, task.accelerator, told, None, told.failure))
                continue
            manifest, golden = check.manifest, check.golden
            checked.append(
                judge_outputs(record, manifest, golden, outputs, told, task.accelerator, half=half)
            )
        return checked


def measured_of(
    steps: Sequence[tuple[AnyTask, WebAnswer]],
    files: Sequence[WebFile],
    checked: Sequence[CheckedFile],
    machine: dict[str, str],
    where: str,
) -> Measured:
    """What a browser measured.

    Args:
        steps: What it was asked, with its answers: nothing but first runs and times.
        files: The job's.
        checked: What became of those of bundles before.
        machine: What it tells of itself.
        where: What messages call it.

    Raises:
        TargetError: An answer does not fit its request, or the request failed.
    """
    doubts = [f"{one.file} on {where}: {one.failure}" for one in checked if one.failure]
    was_hidden = any(answer.hidden for _, answer in steps)
    if was_hidden:
        doubts.append(
            f"{where}: the page was hidden while it measured, when browsers slow down; leave it to"
            " be seen"
        )
    return Measured(
        machine=machine,
        answers=[_answer(task, answer, where) for task, answer in steps],
        doubts=tuple(doubts),
        browser=BrowserResult(
            machine=machine,
            accelerator=steps[0][0].accelerator,
            clock_step_ms=max(answer.clock_step_ms for _, answer in steps),
            runs_together=_runs_together(steps, files, where),
            was_hidden=was_hidden,
            checks=tuple(one.record() for one in checked),
            caveat=CAVEAT,
        ),
    )


def _runs_together(
    steps: Sequence[tuple[AnyTask, WebAnswer]], files: Sequence[WebFile], where: str
) -> dict[str, int]:
    """How many runs of each file were timed together, at most."""
    most: dict[str, int] = {}
    for task, answer in steps:
        if isinstance(task, TimeTask):
            runs = parse_result(answer, TimeResult, where).runs
            for number, count in zip(task.files, runs, strict=False):
                name = files[number].name
                most[name] = max(count, most.get(name, 1))
    return most


def measuring_of(
    requests: Sequence[Request], setting: Mapping[str, object], where: str
) -> Measuring:
    """Requests as a job for browsers.

    Args:
        requests: What is to be measured.
        setting: What every task says besides its files.
        where: What messages call the target.

    Raises:
        ArtifactError: The inputs and outputs of a file cannot be told.
        ManifestError: A bundle is damaged.
        UsageError: Browsers have no such task.
    """
    paths = list(dict.fromkeys(path for request in requests for path in request.files))
    numbers = {path: number for number, path in enumerate(paths)}
    shipped = ship_files(paths)
    parts: dict[str, Path | bytes] = dict(shipped.parts)
    checks: list[_BundleCheck] = []
    tasks: list[AnyTask] = []
    for check in _bundle_checks(numbers):
        images, pixels = ship_images(f"golden-{len(checks)}.raw", check.golden.pixels)
        preprocessing = Preprocessing.from_dict(check.manifest.preprocessing)
        checks.append(check)
        tasks.append(check_task([*check.records], images, preprocessing, setting))
        parts |= pixels
    measured = [_task(request, numbers, setting, where) for request in requests]
    job = job_of("files to time", shipped.files, [*tasks, *measured], starts=True)
    return Measuring(job, parts, tuple(checks))


def _bundle_checks(numbers: Mapping[Path, int]) -> list[_BundleCheck]:
    """The bundles that files lie in."""
    checks: list[_BundleCheck] = []
    for folder in dict.fromkeys(path.parent for path in numbers):
        if not (folder / FILE_NAME).is_file():
            continue
        manifest = read_manifest(folder)
        known = {folder / record.file.path: record for record in manifest.artifacts}
        records = {number: known[path] for path, number in numbers.items() if path in known}
        if records:
            golden = GoldenVectors.load(folder / manifest.golden.path)
            checks.append(_BundleCheck(folder, manifest, golden, records))
    return checks


def _task(
    request: Request, numbers: Mapping[Path, int], setting: Mapping[str, object], where: str
) -> MeasuringTask:
    """A request as browsers are asked.

    Raises:
        UsageError: They have no such task.
    """
    asked = {**setting, "files": tuple(numbers[path] for path in request.files)}
    if isinstance(request, FirstRunRequest):
        return AloneTask.model_validate(asked)
    if isinstance(request, TimeRequest):
        return TimeTask.model_validate({**asked, "rounds": request.rounds, "first": request.first})
    raise UsageError(
        f"{where}: browsers are timed in turns alone; leave --profile and --minutes out"
    )


def _answer(task: AnyTask, answer: WebAnswer, where: str) -> Answer:
    """What a request is to give.

    Raises:
        TargetError: The request was not done, or the answer does not fit it.
    """
    if isinstance(task, AloneTask):
        alone = parse_result(answer, AloneResult, where)
        return FirstRun(**alone.model_dump(), peak_mb=None)
    assert isinstance(task, TimeTask)
    result = parse_result(answer, TimeResult, where)
    counts = [len(times) for times in result.milliseconds]
    if counts != [task.rounds] * len(task.files) or len(result.runs) != len(task.files):
        raise TargetError(
            f"{where}: the times are not those of each file's rounds; reload the page"
        )
    spent = sum(
        sum(times) * runs for times, runs in zip(result.milliseconds, result.runs, strict=True)
    )
    if spent > 1000 * answer.seconds:
        raise TargetError(
            f"{where}: the times are more than the {answer.seconds:.1f} s that passed"
        )
    return ProcessTiming(result.milliseconds, taken=None)
