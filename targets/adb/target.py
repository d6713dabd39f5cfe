"""Phones as targets, by way of adb and our app."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...artifact.formats import FORMATS, Accelerator
from ...errors import UsageError
from ...progress import Progress
from ...runtime.formats import format_of
from ...runtime.work.job import Ran
from ..target import Target, TargetRun, Work
from ..target_settings import split_settings
from .app import PATIENCE_S, app_on
from .device import open_device
from .protocol import (
    LONGEST_INFERENCE_S,
    PIXELS,
    DeviceJob,
    RawArray,
    RunResult,
    RunTask,
    device_file,
    parse_run,
    sole_tensors,
)

ACCELERATORS: dict[str, Accelerator] = {"cpu": "cpu", "gpu": "gpu", "gpu-fp16": "gpu-fp16"}
SUFFIXES: dict[Accelerator, tuple[str, ...]] = {
    accelerator: tuple(row.suffix for row in FORMATS.values() if accelerator in row.in_app)
    for accelerator in ACCELERATORS.values()
}
"""What the app runs on each accelerator."""


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
        self.serial, settings = split_settings(choice, ("apk", "accelerator"))
        chosen = settings.get("accelerator", "cpu")
        if chosen not in ACCELERATORS:
            raise UsageError(
                f"adb: {chosen!r} is no accelerator; there are {', '.join(ACCELERATORS)}"
            )
        self.accelerator = ACCELERATORS[chosen]
        self.apk = Path(settings["apk"]) if "apk" in settings else None
        if self.apk is not None and not self.apk.is_file():
            raise UsageError(f"{self.apk}: there is no such file")
        self.patience = patience
        self.half = chosen == "gpu-fp16"
        self.name = f"adb:{self.serial}" if self.serial else "adb"
        if chosen != "cpu":
            self.name += f"?accelerator={chosen}"

    def refusal(self, path: Path) -> str | None:
        """See :class:`Target`."""
        taken = SUFFIXES[self.accelerator]
        if path.suffix not in taken:
            return f"the app takes {' and '.join(taken)} files alone on the {self.accelerator}"
        return None

    def run(self, work: Work, progress: Progress) -> TargetRun:
        """See :class:`Target`.

        Raises:
            ArtifactError: A file's inputs or outputs cannot be told.
            MissingDependencyError: adbutils is not installed.
        """
        device = open_device(self.serial, self.name)
        sent = {f"{number}/{path.name}": path for number, path in enumerate(work.files)}
        pixels = np.ascontiguousarray(work.pixels)
        task = RunTask(
            files=tuple(range(len(sent))),
            threads=work.threads,
            accelerator=self.accelerator,
            timeout_s=self.patience + LONGEST_INFERENCE_S * work.inferences,
            pixels=RawArray(file=PIXELS, shape=pixels.shape, dtype="uint8"),
            preprocessing=work.preprocessing.to_dict(),
        )
        files = [
            device_file(name, path, sole_tensors(path, *format_of(path).tensors(path)))
            for name, path in sent.items()
        ]
        job = DeviceJob(files=tuple(files), requests=(task,))
        with app_on(device, self.name, self.apk, self.patience, progress) as (app, machine):
            app.send(job, {**sent, PIXELS: pixels.tobytes()}, progress)
            with progress.step(f"running on {self.name}", work.inferences) as advance:
                answer = app.do(0, work.inferences, advance)
            result = parse_run(answer, RunResult, len(sent), len(pixels), self.name)
            ran = [
                Ran(item, app.fetch(0, array))
                for item, array in zip(result.files, result.logits, strict=True)
            ]
        return TargetRun(answer.machine | machine, tuple(ran))
