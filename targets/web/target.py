"""Browsers as targets: any phone at hand, by way of a page that this machine serves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...artifact.manifest import ArtifactRecord
from ...progress import Progress
from ...runtime.work.fresh_process import Measured
from ...runtime.work.job import Ran
from ...runtime.work.request import Request
from ..target import Target, TargetRun, Work
from .bundle_site import parts_beside
from .certificate import served_at
from .choice import PATIENCE_S, parse_choice
from .gathering import BrowserRun, Gathering
from .job import Parts, check_task, job_of, job_parts, ship_files, ship_images
from .measuring import measuring_of
from .protocol import LONGEST_SILENCE_S, WebJob, largest_answer, parse_check
from .server import PageServer
from .site import page_parts, runtime_parts
from .visitor import visitor

_IMAGES = "images.raw"


class WebTarget(Target):
    """Runs files in browsers that open our page.

    Args:
        choice: What follows ``web`` on the command line, see :func:`.parse_choice`.
        patience: Seconds without a sign before they are given up.

    Raises:
        UsageError: A setting is unknown.
    """

    scheme = "web"

    def __init__(self, choice: str = "", patience: float = PATIENCE_S) -> None:
        self._choice = parse_choice(choice, patience)
        self.half = self._choice.accelerator == "webgpu-fp16"
        self.threads = self._choice.threads
        self.name = self._choice.name

    def refusal(self, path: Path) -> str | None:
        """See :class:`Target`."""
        return self._choice.refusal(path.suffix)

    def run(self, work: Work, progress: Progress) -> TargetRun:
        """See :class:`Target`; of several browsers the first that came.

        Raises:
            ArtifactError: A file's inputs or outputs cannot be told.
        """
        return next(iter(self.run_everywhere(work, progress).values()))

    def run_everywhere(self, work: Work, progress: Progress) -> dict[str, TargetRun]:
        """See :class:`Target`; a run for each browser, by their names where there are several.

        Raises:
            ArtifactError: A file's inputs or outputs cannot be told.
        """
        shipped = ship_files(work.files)
        images, image_parts = ship_images(_IMAGES, work.pixels[:])
        setting = self._setting(work.threads)
        # A task each, so that what a file does to its browser's memory ends with its answer.
        requests = [
            check_task([number], images, work.preprocessing, setting)
            for number in range(len(shipped.files))
        ]
        job = job_of("files to verify", shipped.files, requests, starts=True)
        parts = {**shipped.parts, **image_parts, **parts_beside(work.files)}
        runs = self._gather(job, parts, f"running on {self.name}", progress)
        columns: dict[str, TargetRun] = {}
        for run in runs:
            name = _column(self.name, run, [*columns], alone=len(runs) == 1)
            ran = [
                Ran(*one)
                for file, answer in zip(shipped.files, run.answers, strict=True)
                for one in parse_check(answer, [file], len(work.pixels), name)
            ]
            columns[name] = TargetRun(run.machine, tuple(ran))
        return columns

    def times(self, artifact: ArtifactRecord) -> bool:
        """See :class:`Target`; what browsers take can be timed, whatever this machine can."""
        return True

    def measure(
        self, requests: Sequence[Request], description: str, progress: Progress
    ) -> Measured:
        """See :class:`Target`; of several browsers the first that came."""
        return self.measure_everywhere(requests, description, progress)[0]

    def measure_everywhere(
        self, requests: Sequence[Request], description: str, progress: Progress
    ) -> list[Measured]:
        """See :class:`Target`; the files are checked first, see :mod:`.measuring`.

        Raises:
            ArtifactError: A file's inputs or outputs cannot be told.
        """
        setting = self._setting(requests[0].threads)
        measuring = measuring_of(requests, setting, self.name)
        paths = [path for request in requests for path in request.files]
        parts = {**measuring.parts, **parts_beside(paths)}
        runs = self._gather(measuring.job, parts, description, progress)
        return [measuring.measured(run, self.name, half=self.half) for run in runs]

    def _setting(self, threads: int) -> dict[str, object]:
        """What every task says besides its files."""
        choice = self._choice
        return {
            "accelerator": choice.accelerator,
            "threads": threads if self.threads is None else self.threads,
            "timeout_s": LONGEST_SILENCE_S,
        }

    def _gather(
        self, job: WebJob, parts: Parts, description: str, progress: Progress
    ) -> list[BrowserRun]:
        """What browsers answer to a job.

        Raises:
            LabError: The web laboratory is missing.
            MissingDependencyError: What the local network needs is not installed.
            TargetError: They cannot be had, or failed.
        """
        choice = self._choice
        everything = {**page_parts(), **runtime_parts(job.files), **job_parts(job), **parts}
        limits = [largest_answer(job, number) for number in range(len(job.requests))]
        address, certificate = served_at(lan=choice.place == "lan", tls=choice.tls)
        with PageServer(everything, limits, address, certificate) as server:
            fingerprint = certificate.fingerprint if certificate else None
            with visitor(choice, server, fingerprint, progress) as watch:
                gathering = Gathering(job, choice.browsers, choice.patience, self.name, watch)
                return gathering.follow(server, description, progress)


def _column(name: str, run: BrowserRun, taken: Sequence[str], *, alone: bool) -> str:
    """What a browser is called among several."""
    if alone:
        return name
    column = f"{name} ({run.name})"
    number = 2
    while column in taken:
        column = f"{name} ({run.name}, {number})"
        number += 1
    return column
