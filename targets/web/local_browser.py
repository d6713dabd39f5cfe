"""A browser of this machine that opens the page without a window, and ends with it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from ...errors import TargetError
from ...process.text import one_line, printable

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
"""Names under which systems have Chromium, or Chrome; the first is taken that is there."""

END_S = 5.0
"""For how long it may need to end."""

_QUIET = (
    "--headless",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--disable-default-apps",
    "--mute-audio",
)
"""It opens nothing but the page, and asks nobody for anything."""

_NO_GPU = ("--disable-gpu",)
_GPU = ("--enable-unsafe-webgpu",)
_SOFTWARE_GPU = (*_GPU, "--use-webgpu-adapter=swiftshader")


@contextlib.contextmanager
def opened_browser(url: str, *, gpu: bool, software_gpu: bool) -> Iterator[Callable[[], None]]:
    """Opens an address in a browser with a fresh profile.

    Args:
        url: The address.
        gpu: Whether it may take a GPU.
        software_gpu: Whether that is to be the browser's own software.

    Yields:
        What raises :class:`TargetError` where the browser has ended by itself.

    Raises:
        TargetError: There is none, or it does not start.
    """
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise TargetError(
            f"web:chromium: none of {', '.join(PROGRAMS)} is installed; install chromium, or use"
            " web and open its address in a browser"
        )
    flags = _SOFTWARE_GPU if software_gpu else _GPU if gpu else _NO_GPU
    # Chromium's sandbox needs a user that is not root.
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [program, *_QUIET, *flags, *sandbox, f"--user-data-dir={folder}/profile", url]
        with (Path(folder) / "printed").open("w+b") as printed:
            process = _start(command, printed.fileno())
            try:
                yield lambda: _hold_alive(process, Path(folder) / "printed")
            finally:
                _end(process)


def _start(command: list[str], printed: int) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - a browser, with arguments of ours
            command,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=printed,
            start_new_session=True,
        )
    except OSError as error:
        raise TargetError(
            f"web:chromium: {command[0]} does not start ({error.strerror})"
        ) from error


def _hold_alive(process: subprocess.Popen[bytes], printed: Path) -> None:
    code = process.poll()
    if code is None:
        return
    lines = printed.read_text(encoding="utf-8", errors="replace").splitlines()
    reason = printable(one_line(lines[-1])) if lines else "it printed nothing"
    raise TargetError(f"web:chromium: the browser ended with {code} ({reason})")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends it with all its processes."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_S)
            if sign == signal.SIGKILL:
                return
