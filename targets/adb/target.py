"""Phones as targets, by way of adb and our app."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...artifact.manifest import ArtifactRecord
from ...process.limits import LONGEST_INFERENCE_S
from ...progress import Progress
from ...runtime.formats import format_of
from ...runtime.work.fresh_process import Measured
from ...runtime.work.job import Ran
from ...runtime.work.request import Request
from ..target import Target, TargetRun, Work
from .app import PATIENCE_S, app_on
from .choice import SUFFIXES, parse_choice
from .device import open_device
from .measuring import measure_on
from .protocol import (
    PIXELS,
    DeviceJob,
    RawArray,
    RunResult,
    RunTask,
    device_file,
    parse_run,
)


class AdbTarget(Target):
    """Runs files on a phone, in our app.

    Args:
        choice: What follows ``adb`` on the command line: a serial number or nothing, then
            ``?apk=FILE`` for the app to install, and ``accelerator=`` ``gpu`` or ``gpu-fp16``.
        patience: Seconds without progress before it is given up.

    Raises:
        UsageError: A setting is unknown, or there is no such file.
    """

    scheme = "adb"

    def __init__(self, choice: str = "", patience: float = PATIENCE_S) -> None:
        self._choice = parse_choice(choice, patience)
        self.half = self._choice.accelerator == "gpu-fp16"
        self.name = self._choice.name

    def refusal(self, path: Path) -> str | None:
        """See :class:`Target`."""
        accelerator = self._choice.accelerator
        taken = SUFFIXES[accelerator]
        if path.suffix not in taken:
            return f"the app takes {' and '.join(taken)} files alone on the {accelerator}"
        return None

    def run(self, work: Work, progress: Progress) -> TargetRun:
        """See :class:`Target`.

        Raises:
            ArtifactError: A file's inputs or outputs cannot be told.
            MissingDependencyError: adbutils is not installed.
        """
        choice = self._choice
        device = open_device(choice.serial, self.name)
        sent = {f"{number}/{path.name}": path for number, path in enumerate(work.files)}
        pixels = np.ascontiguousarray(work.pixels[:])
        task = RunTask(
            files=tuple(range(len(sent))),
            threads=work.threads,
            accelerator=choice.accelerator,
            timeout_s=choice.patience + LONGEST_INFERENCE_S * work.inferences,
            pixels=RawArray(file=PIXELS, shape=pixels.shape, dtype="uint8"),
            preprocessing=work.preprocessing.to_dict(),
        )
        files = [
            device_file(name, path, *format_of(path).tensors(path)) for name, path in sent.items()
        ]
        job = DeviceJob(files=tuple(files), requests=(task,))
        with app_on(device, self.name, choice.apk, choice.patience, progress) as (app, machine):
            app.send(job, {**sent, PIXELS: pixels.tobytes()}, progress)
            with progress.step(f"running on {self.name}", work.inferences) as advance:
                answer = app.do(0, work.inferences, advance)
            given = [file.outputs for file in files]
            result = parse_run(answer, RunResult, given, len(pixels), self.name)
            ran = [
                Ran(item, app.fetch(0, arrays))
                for item, arrays in zip(result.files, result.outputs, strict=True)
            ]
        return TargetRun(answer.machine | machine, tuple(ran))

    def times(self, artifact: ArtifactRecord) -> bool:
        """See :class:`Target`; what the app takes can be timed, whatever this machine can."""
        return True

    def measure(
        self, requests: Sequence[Request], description: str, progress: Progress
    ) -> Measured:
        """See :class:`Target`; the files are checked first, see :mod:`.measuring`."""
        return measure_on(self._choice, requests, description, progress)
