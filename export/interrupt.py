"""Ctrl-C while native code runs that cannot be left in the middle."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_NOTICE = b"\nstopping after this step\n"


@contextlib.contextmanager
def deferred_interrupt() -> Iterator[None]:
    """Holds Ctrl-C back until the block's end, and then raises KeyboardInterrupt.

    The converters call Python from C++; an exception raised there ends the process with a
    segmentation fault, and temporary files would stay.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    terminal = os.dup(2)
    pressed = False

    def remember(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        os.write(terminal, _NOTICE)

    previous = signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
        os.close(terminal)
    if pressed:
        raise KeyboardInterrupt
