"""Phones as targets, by way of adb and our app."""

from __future__ import annotations

import contextlib
import re
import secrets
import shlex
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..artifact.files import digest_of, printable
from ..errors import TargetError, UsageError
from ..progress import Progress
from . import device_protocol as protocol
from .adb_device import AdbDevice, open_device
from .device_machine import describe_device, device_state
from .device_protocol import ACTIVITY, ANSWERS, JOBS, PACKAGE
from .job import Accelerator, Job, Ran
from .target import Target, TargetRun, Work
from .target_settings import split_settings

POLL_S = 0.5
START_S = 20.0
"""For how long the app may need to start."""

PATIENCE_S = 1800.0
"""For how long the app may tell of no progress."""

BUILT = Path(__file__).parents[1] / "android_demo" / "build"

_ACCELERATORS: dict[str, Accelerator] = {"cpu": "cpu", "gpu": "gpu", "gpu-fp16": "gpu-fp16"}
_FORMATS = {"cpu": (".tflite", ".pte"), "gpu": (".tflite",), "gpu-fp16": (".tflite",)}
_CRASH = re.compile(r"(?P<reason>[\w.$]+(?:Exception|Error)\b.*|Fatal signal .*)")


class AdbTarget(Target):
    """Runs files on a phone, in our app.

    Args:
        choice: What follows ``adb`` on the command line: a serial number or nothing, then
            ``?apk=FILE`` for the app to install, and ``accelerator=`` ``gpu`` or ``gpu-fp16``.
        patience: Seconds without progress before it is given up.

    Raises:
        UsageError: A setting is unknown, or there is no such file.
    """

    def __init__(self, choice: str = "", patience: float = PATIENCE_S) -> None:
        self._serial, settings = split_settings(choice, ("apk", "accelerator"))
        chosen = settings.get("accelerator", "cpu")
        if chosen not in _ACCELERATORS:
            raise UsageError(
                f"adb: {chosen!r} is no accelerator; there are {', '.join(_ACCELERATORS)}"
            )
        self._accelerator = _ACCELERATORS[chosen]
        self._apk = Path(settings["apk"]) if "apk" in settings else None
        if self._apk and not self._apk.is_file():
            raise UsageError(f"{self._apk}: there is no such file")
        self._patience = patience
        self.half = chosen == "gpu-fp16"
        self.name = f"adb:{self._serial}" if self._serial else "adb"
        if chosen != "cpu":
            self.name += f"?accelerator={chosen}"

    def refusal(self, path: Path) -> str | None:
        """See :class:`Target`."""
        taken = _FORMATS[self._accelerator]
        if path.suffix not in taken:
            return f"the app takes {' and '.join(taken)} files alone on the {self._accelerator}"
        return None

    def run(self, work: Work, progress: Progress) -> TargetRun:
        """See :class:`Target`.

        Raises:
            MissingDependencyError: adbutils is not installed.
        """
        device = open_device(self._serial, self.name)
        sent = {f"{number}/{path.name}": path for number, path in enumerate(work.files)}
        job = Job(
            files=tuple(sent),
            preprocessing=work.preprocessing.to_dict(),
            threads=work.threads,
            accelerator=self._accelerator,
        )
        token = secrets.token_hex(8)
        folder, answers = f"{JOBS}/{token}", f"{ANSWERS}/{token}"
        try:
            self._install(device, progress)
            machine = describe_device(device)
            self._send(device, folder, job, sent, work.pixels, progress)
            started = self._start(device, folder)
            self._wait(device, answers, started, work.inferences, progress)
            said, ran = self._fetch(device, answers, job, len(work.pixels))
            after = {f"{name} after": value for name, value in device_state(device).items()}
        finally:
            # A device that is gone keeps them; a new job has a name of its own.
            with contextlib.suppress(TargetError):
                device.shell(f"am force-stop {PACKAGE}; rm -rf {folder} {answers}")
        return TargetRun(said | machine | after, ran)

    def _install(self, device: AdbDevice, progress: Progress) -> None:
        """Installs the app if there is one to install, and holds that it is there."""
        apk = self._apk or max(
            BUILT.glob("*.apk"), key=lambda path: path.stat().st_mtime, default=None
        )
        code, printed = device.shell(f"pm path {PACKAGE}")
        installed = (
            printed.splitlines()[0].removeprefix("package:") if code == 0 and printed else ""
        )
        if apk is None:
            if not installed:
                raise TargetError(
                    f"{self.name}: the app {PACKAGE} is not installed there; give its file with"
                    " ?apk=FILE"
                )
            return
        digest = device.shell(f"sha256sum {shlex.quote(installed)}")[1] if installed else ""
        if digest.startswith(digest_of(apk)):
            return
        path = f"{JOBS}/app.apk"
        device.shell(f"mkdir -p {JOBS}")
        with progress.step(f"installing {apk.name} on {self.name}", apk.stat().st_size) as advance:
            device.push(apk, path, advance)
            _, printed = device.shell(f"pm install -r -t {path}")
            device.shell(f"rm -f {path}")
        if "Success" not in printed:
            reason = printable(printed.splitlines()[-1]) if printed else "pm said nothing"
            raise TargetError(f"{self.name}: {apk.name} could not be installed ({reason})")

    def _send(
        self,
        device: AdbDevice,
        folder: str,
        job: Job,
        files: dict[str, Path],
        pixels: NDArray[np.uint8],
        progress: Progress,
    ) -> None:
        """Puts a job on the device; what says that it is there comes last."""
        parts: dict[str, Path | bytes] = {protocol.PIXELS: np.ascontiguousarray(pixels).tobytes()}
        for name, path in files.items():
            parts[name] = path
        parts[protocol.JOB] = protocol.device_job(job, pixels).encode()
        parents = sorted({f"{folder}/{name.rpartition('/')[0]}" for name in parts})
        code, printed = device.shell(
            f"mkdir -p {' '.join(parents)} && chmod 755 {JOBS} {' '.join(parents)}"
        )
        if code:
            raise TargetError(f"{self.name}: {folder} cannot be made ({printable(printed)})")
        size = sum(
            part.stat().st_size if isinstance(part, Path) else len(part) for part in parts.values()
        )
        with progress.step(f"sending to {self.name}", size) as advance:
            for name, part in parts.items():
                device.push(part, f"{folder}/{name}", advance)

    def _start(self, device: AdbDevice, folder: str) -> str:
        """Starts the app on a job; the device's time before that."""
        _, now = device.shell("date '+%m-%d %H:%M:%S.000'")
        # An activity of a phone that sleeps does not run.
        device.shell("input keyevent KEYCODE_WAKEUP")
        code, printed = device.shell(f"am start -S -n {ACTIVITY} --es job {folder}")
        errors = [line for line in printed.splitlines() if line.startswith("Error")]
        if errors or code:
            reason = (errors or printed.splitlines() or [f"am ended with {code}"])[-1]
            raise TargetError(f"{self.name}: the app does not start ({printable(reason)})")
        return now

    def _wait(
        self, device: AdbDevice, answers: str, started: str, total: int, progress: Progress
    ) -> None:
        """Follows the app until its answer is there."""
        poll = (
            f"cat {answers}/{protocol.PROGRESS} 2>/dev/null; echo;"
            f" [ -e {answers}/{protocol.ANSWER} ] && echo answered;"
            f" pidof {PACKAGE} >/dev/null && echo alive"
        )
        begun = sign = time.monotonic()
        done, was_alive, absent = 0, False, 0
        with progress.step(f"running on {self.name}", total) as advance:
            while True:
                words = device.shell(poll)[1].split()
                now = time.monotonic()
                if "answered" in words:
                    advance(max(0, total - done))
                    return
                if words and words[0].isdigit() and int(words[0]) > done:
                    advance(int(words[0]) - done)
                    done, sign = int(words[0]), now
                alive = "alive" in words
                was_alive |= alive
                # Twice: the answer may have come between the two questions of one poll.
                absent = 0 if alive else absent + 1
                if absent > 1 and (was_alive or now - begun > START_S):
                    reason = self._crash(device, started)
                    raise TargetError(f"{self.name}: the app ended without an answer{reason}")
                if now - sign > self._patience:
                    raise TargetError(
                        f"{self.name}: no progress for {self._patience:g} s while running; given up"
                    )
                time.sleep(POLL_S)

    def _crash(self, device: AdbDevice, since: str) -> str:
        """What the system says of the app's end, in brackets; empty where it says nothing."""
        with contextlib.suppress(TargetError):
            _, printed = device.shell(f"logcat -b crash -d -v brief -T {shlex.quote(since)}")
            found = list(_CRASH.finditer(printed))
            if found:
                return f" ({printable(found[-1]['reason'].strip()[:300])})"
        return ""

    def _fetch(
        self, device: AdbDevice, answers: str, job: Job, images: int
    ) -> tuple[dict[str, str], tuple[Ran, ...]]:
        """The app's answer with its logits."""
        content = device.pull(f"{answers}/{protocol.ANSWER}")
        answer = protocol.parse_answer(content, job, images, self.name)
        with tempfile.TemporaryDirectory(prefix="lowformer-edge-") as name:
            for array in answer.logits:
                if array:
                    fetched = device.pull(f"{answers}/{array.file}")
                    (Path(name) / array.file).write_bytes(fetched)
            return answer.answer.machine, protocol.read_arrays(answer, Path(name), self.name)
