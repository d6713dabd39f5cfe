"""What a browser's report means: its answers as they would be taken over the network."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...artifact.bundle import Bundle
from ...artifact.formats import WebAccelerator
from ...artifact.golden import GoldenVectors
from ...artifact.outputs import part_of
from ...errors import TargetError
from ...runtime.work.fresh_process import Measured
from ..checked_file import CheckedFile, judge_outputs
from .gathering import BrowserRun
from .measuring import measured_of
from .protocol import AloneTask, CheckTask, TimeTask, parse_check, shown_reason
from .web_report import OpenedReport, ReportedRequest

LEAST_PASSES = 2
"""Ratios need so many workers that timed all files."""


@dataclasses.dataclass(frozen=True)
class ReportedPlace:
    """What a report tells of one accelerator with one number of threads.

    Attributes:
        accelerator: Which.
        threads: Of each runtime.
        checked: What became of each file by the golden vectors.
        paths: The files that were timed; none where there are no times.
        measured: A first run of each of them, and times of all in turns; None likewise.
    """

    accelerator: WebAccelerator
    threads: int
    checked: tuple[CheckedFile, ...]
    paths: tuple[Path, ...]
    measured: Measured | None

    @property
    def name(self) -> str:
        """As it is shown."""
        threads = f", {self.threads} threads" if self.threads > 1 else ""
        return f"{self.accelerator}{threads}"


def reported_places(opened: OpenedReport, bundle: Bundle) -> list[ReportedPlace]:
    """What a report tells of each accelerator and number of threads, in its order.

    Args:
        opened: The report.
        bundle: The bundle that it is of.

    Raises:
        TargetError: The answers are not what the page would give.
    """
    places: dict[tuple[WebAccelerator, int], list[ReportedRequest]] = {}
    for request in opened.report.requests:
        places.setdefault((request.task.accelerator, request.task.threads), []).append(request)
    return [
        _place(accelerator, threads, requests, opened, bundle)
        for (accelerator, threads), requests in places.items()
    ]


def _place(
    accelerator: WebAccelerator,
    threads: int,
    requests: Sequence[ReportedRequest],
    opened: OpenedReport,
    bundle: Bundle,
) -> ReportedPlace:
    checked = [one for request in requests for one in _checked(request, opened, bundle)]
    failed = {one.file for one in checked if one.answer is None or one.answer.failure}
    alone = {
        request.task.files[0]: request
        for request in requests
        if isinstance(request.task, AloneTask)
    }
    together = [request for request in requests if isinstance(request.task, TimeTask)]
    files = together[0].task.files if together else ()
    names = [opened.files[number].name for number in files]
    if set(names) - {one.file for one in checked} or set(names) & failed:
        raise TargetError(f"{opened.where}: files were timed that did not run in a check before")
    if {request.task.files for request in together} - {files} or 0 < len(together) < LEAST_PASSES:
        raise TargetError(f"{opened.where}: all files are timed by several workers, each time all")
    if set(files) - alone.keys():
        raise TargetError(f"{opened.where}: a file was timed that was not opened alone")
    steps = [*(alone[number] for number in files), *together]
    if not steps or any(step.answer.outcome != "done" for step in steps):
        return ReportedPlace(accelerator, threads, tuple(checked), (), None)
    run = BrowserRun(opened.report.machine)
    measured = measured_of(
        [(step.task, step.answer) for step in steps],
        opened.files,
        [one for one in checked if one.file in names],
        run.machine,
        f"{run.name}, {accelerator}",
    )
    paths = tuple(bundle.folder / name for name in names)
    return ReportedPlace(accelerator, threads, tuple(checked), paths, measured)


def _checked(request: ReportedRequest, opened: OpenedReport, bundle: Bundle) -> list[CheckedFile]:
    """What became of the files of a check; nothing of other requests."""
    task = request.task
    if not isinstance(task, CheckTask):
        return []
    files = [opened.files[number] for number in task.files]
    if request.answer.outcome != "done":
        reason = shown_reason(request.answer.reason)
        return [CheckedFile(file.name, task.accelerator, None, None, reason) for file in files]
    images = task.images.shape[0]
    golden = _first(bundle.golden(), images)
    records = {record.file.path: record for record in bundle.manifest.artifacts}
    half = task.accelerator == "webgpu-fp16"
    checked = []
    ran = parse_check(request.answer, files, images, opened.where)
    for file, (told, outputs) in zip(files, ran, strict=True):
        if outputs is None:
            checked.append(CheckedFile(file.name, task.accelerator, told, None, told.failure))
            continue
        record = records[file.name]
        checked.append(
            judge_outputs(
                record, bundle.manifest, golden, outputs, told, task.accelerator, half=half
            )
        )
    return checked


def _first(golden: GoldenVectors, images: int) -> GoldenVectors:
    outputs = part_of(golden.outputs, slice(images))
    return GoldenVectors(golden.pixels[:images], outputs)


def left_out_of(places: Sequence[ReportedPlace], known: Sequence[str]) -> Mapping[str, str]:
    """What was not timed, with the reason, by file and place.

    Args:
        places: What a report tells.
        known: The bundle's files.
    """
    left: dict[str, str] = {}
    for place in places:
        timed = {path.name for path in place.paths}
        for one in place.checked:
            if one.file not in timed:
                left[f"{one.file} by {place.name}"] = one.failure or "it was not timed to the end"
    shown = {one.file for place in places for one in place.checked}
    return left | {name: "browsers ran nothing of it" for name in known if name not in shown}
