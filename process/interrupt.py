"""Ctrl-C and termination while work is going on that cannot be left in the middle."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

_NOTICE = b"\nstopping after this step\n"
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def deferred_interrupt() -> Iterator[None]:
    """Holds Ctrl-C and SIGTERM back until the block's end, and then raises KeyboardInterrupt.

    Converters call Python from C++, where an exception ends the process with a segmentation
    fault; an import that is cut short leaves half a module behind; and a folder that is being
    replaced must not be left between two renames.
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

    try:
        with _signals_to(remember):
            yield
    finally:
        os.close(terminal)
    if pressed:
        raise KeyboardInterrupt


@contextlib.contextmanager
def insistent_interrupt() -> Iterator[None]:
    """Raises KeyboardInterrupt at the block's end if Ctrl-C came and the block swallowed it.

    Converters catch exceptions broadly, and one that is raised in a finaliser or in a callback
    from C++ is only printed: the work then goes on as if nothing had been pressed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        raise KeyboardInterrupt

    try:
        with _signals_to(interrupt):
            yield
    except Exception as error:
        if pressed:
            raise KeyboardInterrupt from error
        raise
    if pressed:
        raise KeyboardInterrupt


@contextlib.contextmanager
def _signals_to(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Gives Ctrl-C and SIGTERM to a handler for the block's duration."""
    previous = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, former in previous.items():
            signal.signal(number, former)


def terminate_like_ctrl_c() -> None:
    """Lets SIGTERM clean up as Ctrl-C does; only in the main thread."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)
