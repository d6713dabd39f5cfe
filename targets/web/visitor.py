"""Who opens the page: a browser that is started here, a phone on adb, or who reads its address."""

from __future__ import annotations

import contextlib
import shlex
import sys
from collections.abc import Callable, Iterator

from ...errors import TargetError
from ...process.text import printable
from ...progress import Progress
from ..adb.device import open_device
from .choice import WebChoice
from .invitation import invitation, room_in
from .local_browser import opened_browser
from .server import PageServer

Watch = Callable[[], None]
"""Raises :class:`TargetError` where nobody can open the page any more."""


@contextlib.contextmanager
def visitor(
    choice: WebChoice, server: PageServer, fingerprint: str | None, progress: Progress
) -> Iterator[Watch]:
    """Has the page opened, as far as that can be done from here.

    Args:
        choice: Who opens it.
        server: Serves it.
        fingerprint: Of its certificate, or None where there is none.
        progress: Is told what a person has to do.

    Raises:
        MissingDependencyError: adbutils or segno is not installed.
        TargetError: There is no browser or no phone, or it does not open the page.
    """
    if choice.place == "chromium":
        gpu = choice.accelerator != "wasm"
        with opened_browser(server.url, gpu=gpu, software_gpu=choice.software_gpu) as watch:
            yield watch
    elif choice.place == "adb":
        with _opened_on_phone(choice, server):
            yield _nothing
    else:
        progress.ask("\n".join(invitation(server.url, fingerprint, room_in(sys.stderr))))
        yield _nothing


@contextlib.contextmanager
def _opened_on_phone(choice: WebChoice, server: PageServer) -> Iterator[None]:
    """Has a phone open the page, which it reaches as its own machine's: secure, and no app."""
    device = open_device(choice.serial, choice.name)
    with device.shared_port(server.port):
        # A browser of a phone that sleeps does not run.
        device.shell("input keyevent KEYCODE_WAKEUP")
        address = shlex.quote(server.url)
        code, printed = device.shell(f"am start -a android.intent.action.VIEW -d {address}")
        errors = [line for line in printed.splitlines() if line.startswith("Error")]
        if errors or code:
            reason = printable((errors or printed.splitlines() or [f"am ended with {code}"])[-1])
            raise TargetError(
                f"{choice.name}: the phone does not open the page ({reason}); install a browser"
            )
        yield


def _nothing() -> None:
    """Whether a person still comes cannot be seen."""
