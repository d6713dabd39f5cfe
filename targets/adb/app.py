"""Our app on a phone, while it does one job."""

from __future__ import annotations

import contextlib
import re
import secrets
import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ...artifact.files import digest_of
from ...artifact.outputs import Outputs
from ...errors import TargetError
from ...process.limits import LARGEST_TEXT
from ...process.text import printable, whole_number
from ...progress import Progress
from . import protocol
from .device import AdbDevice
from .machine import describe_device, device_state
from .protocol import ACTIVITY, ANSWERS, JOBS, PACKAGE, DeviceAnswer, DeviceJob, RawArray

POLL_S = 0.5
START_S = 20.0
"""For how long the app may need to start."""

GRACE_S = 5.0
"""For how long the app may need to end by itself when the user has had enough."""

PATIENCE_S = 1800.0
"""For how long the app may tell of no progress."""

BUILT = Path(__file__).parents[2] / "android_demo" / "app" / "build" / "outputs" / "apk" / "debug"
"""Where Gradle leaves the app; the test product, which lacks LiteRT, must be asked for."""

_CRASH = re.compile(r"(?P<reason>[\w.$]+(?:Exception|Error)\b.*|Fatal signal .*)")


class AdbApp:
    """The app with one job of its own.

    Args:
        device: The phone.
        where: What messages call it.
        patience: Seconds without progress before it is given up.
    """

    def __init__(self, device: AdbDevice, where: str, patience: float) -> None:
        self._device, self._where, self._patience = device, where, patience
        token = secrets.token_hex(8)
        self._folder, self._answers = f"{JOBS}/{token}", f"{ANSWERS}/{token}"
        self._timeouts: list[float] = []

    def install(self, apk: Path | None, progress: Progress) -> None:
        """Installs the app if there is one to install, and holds that it is there.

        Raises:
            TargetError: There is none, or the phone refuses it.
        """
        device = self._device
        apk = apk or max(BUILT.glob("*.apk"), key=lambda path: path.stat().st_mtime, default=None)
        code, printed = device.shell(f"pm path {PACKAGE}")
        installed = (
            printed.splitlines()[0].removeprefix("package:") if code == 0 and printed else ""
        )
        if apk is None:
            if not installed:
                raise TargetError(
                    f"{self._where}: the app {PACKAGE} is not installed there; give its file with"
                    " ?apk=FILE"
                )
            return
        digest = device.shell(f"sha256sum {shlex.quote(installed)}")[1] if installed else ""
        if digest.startswith(digest_of(apk)):
            return
        path = f"{JOBS}/app.apk"
        device.shell(f"mkdir -p {JOBS}")
        with progress.step(f"installing {apk.name} on {self._where}", apk.stat().st_size) as told:
            device.push(apk, path, told)
            _, printed = device.shell(f"pm install -r -t {path}")
            device.shell(f"rm -f {path}")
        if "Success" not in printed:
            reason = printable(printed.splitlines()[-1]) if printed else "pm said nothing"
            raise TargetError(f"{self._where}: {apk.name} could not be installed ({reason})")

    def send(self, job: DeviceJob, parts: Mapping[str, Path | bytes], progress: Progress) -> None:
        """Puts a job on the device; what says that it is there comes last.

        Args:
            job: What is to be done.
            parts: Files by their paths in the job's folder.
            progress: Is told about bytes.

        Raises:
            TargetError: The device is gone, full, or refuses a file.
        """
        folder = self._folder
        self._timeouts = [request.timeout_s for request in job.requests]
        everything = {**parts, protocol.JOB: job.model_dump_json().encode()}
        parents = sorted({f"{folder}/{name}".rpartition("/")[0] for name in everything})
        quoted = " ".join(map(shlex.quote, parents))
        code, printed = self._device.shell(f"mkdir -p {quoted} && chmod 755 {JOBS} {quoted}")
        if code:
            raise TargetError(f"{self._where}: {folder} cannot be made ({printable(printed)})")
        size = sum(
            part.stat().st_size if isinstance(part, Path) else len(part)
            for part in everything.values()
        )
        with progress.step(f"sending to {self._where}", size) as advance:
            for name, part in everything.items():
                self._device.push(part, f"{folder}/{name}", advance)

    def do(
        self, number: int, total: int = 0, advance: Callable[[int], object] = lambda count: None
    ) -> DeviceAnswer:
        """Has a request of the job done by a fresh process of the app.

        On Ctrl-C the app is asked to end by itself.

        Args:
            number: Of the request.
            total: How many images it runs, as far as they are told.
            advance: Is told how many more are done.

        Raises:
            TargetError: The app does not start, ends early, or was not able to do it.
        """
        try:
            self._wait(number, self._start(number), total, advance)
        except KeyboardInterrupt:
            self._cancel(number)
            raise
        content = self._device.pull(f"{self._answers}/{number}/{protocol.ANSWER}", LARGEST_TEXT)
        return protocol.parse_answer(content, self._where)

    def fetch(self, number: int, arrays: Mapping[str, RawArray] | None) -> Outputs | None:
        """The outputs that a request left of a file; None where it left none.

        Raises:
            TargetError: One is damaged, or not there.
        """
        if arrays is None:
            return None
        found = {}
        for name, array in arrays.items():
            content = self._device.pull(f"{self._answers}/{number}/{array.file}", array.bytes)
            found[name] = protocol.read_array(content, array, self._where)
        return found

    def clear(self) -> None:
        """Ends the app and removes what the job left on the device."""
        # A device that is gone keeps it; a new job has a name of its own.
        with contextlib.suppress(TargetError):
            self._device.shell(f"am force-stop {PACKAGE}; rm -rf {self._folder} {self._answers}")

    def _start(self, number: int) -> str:
        """Starts the app on a request; the device's time before that."""
        _, now = self._device.shell("date '+%m-%d %H:%M:%S.000'")
        # An activity of a phone that sleeps does not run.
        self._device.shell("input keyevent KEYCODE_WAKEUP")
        code, printed = self._device.shell(
            f"am start -S -n {ACTIVITY} --es job {self._folder} --ei request {number}"
        )
        errors = [line for line in printed.splitlines() if line.startswith("Error")]
        if errors or code:
            reason = (errors or printed.splitlines() or [f"am ended with {code}"])[-1]
            raise TargetError(f"{self._where}: the app does not start ({printable(reason)})")
        return now

    def _wait(
        self, number: int, started: str, total: int, advance: Callable[[int], object]
    ) -> None:
        """Follows the app until its answer is there."""
        begun = sign = time.monotonic()
        whole = self._timeouts[number] + START_S + GRACE_S
        done, was_alive, absent = 0, False, 0
        while True:
            words = self._poll(number)
            now = time.monotonic()
            if "answered" in words:
                advance(max(0, total - done))
                return
            told = whole_number(words[0]) if words else None
            if told is not None and done < told <= (total or told):
                advance(told - done)
                done, sign = told, now
            alive = "alive" in words
            was_alive |= alive
            # Twice: the answer may have come between the two questions of one poll.
            absent = 0 if alive else absent + 1
            if absent > 1 and (was_alive or now - begun > START_S):
                reason = self._crash(started)
                raise TargetError(f"{self._where}: the app ended without an answer{reason}")
            if now - sign > self._patience:
                raise TargetError(
                    f"{self._where}: no progress for {self._patience:g} s while running; given up"
                )
            if now - begun > whole:
                raise TargetError(f"{self._where}: no answer after {whole:g} s; given up")
            time.sleep(POLL_S)

    def _poll(self, number: int) -> list[str]:
        """How far the app is, whether it has answered, and whether it lives."""
        answers = f"{self._answers}/{number}"
        return self._device.shell(
            f"cat {answers}/{protocol.PROGRESS} 2>/dev/null; echo;"
            f" [ -e {answers}/{protocol.ANSWER} ] && echo answered;"
            f" pidof {PACKAGE} >/dev/null && echo alive"
        )[1].split()

    def _cancel(self, number: int) -> None:
        """Asks the app to end, and waits for that a little."""
        with contextlib.suppress(TargetError):
            self._device.shell(f"touch {self._folder}/{protocol.CANCEL}")
            until = time.monotonic() + GRACE_S
            while time.monotonic() < until:
                words = self._poll(number)
                if "answered" in words or "alive" not in words:
                    return
                time.sleep(POLL_S)

    def _crash(self, since: str) -> str:
        """What the system says of the app's end, in brackets; empty where it says nothing."""
        with contextlib.suppress(TargetError):
            _, printed = self._device.shell(f"logcat -b crash -d -v brief -T {shlex.quote(since)}")
            found = list(_CRASH.finditer(printed))
            if found:
                return f" ({printable(found[-1]['reason'].strip()[:300])})"
        return ""


@contextlib.contextmanager
def app_on(
    device: AdbDevice, where: str, apk: Path | None, patience: float, progress: Progress
) -> Iterator[tuple[AdbApp, dict[str, str]]]:
    """Our app on a device, and what the device is; nothing is left of the job afterwards.

    What the device is like afterwards is added to that at the end.

    Raises:
        TargetError: The app is not there and cannot be installed, or the device is gone.
    """
    app = AdbApp(device, where, patience)
    try:
        app.install(apk, progress)
        machine = describe_device(device)
        yield app, machine
        machine |= {f"{name} after": value for name, value in device_state(device).items()}
    finally:
        app.clear()
