"""Ctrl-C, termination and a terminal that goes away, while work is done that has to be ended."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

_NOTICE = b"\nstopping after this step\n"
_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


@contextlib.contextmanager
def deferred_interrupt() -> Iterator[None]:
    """Holds Ctrl-C, SIGTERM and SIGHUP back to the block's end, and then raises KeyboardInterrupt.

    Converters call Python from C++, where an exception ends the process with a segmentation
    fault; an import that is cut short leaves half a module behind; and a folder that is being
    replaced must not be left between two renames.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    terminal = _error_stream()
    pressed = False

    def remember(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        if terminal is not None:
            with contextlib.suppress(OSError):
                os.write(terminal, _NOTICE)

    try:
        with _signals_to(remember):
            yield
    finally:
        if terminal is not None:
            os.close(terminal)
    if pressed:
        raise KeyboardInterrupt


def _error_stream() -> int | None:
    """A copy of stderr, which may be turned elsewhere in the block; None where it is closed."""
    try:
        return os.dup(2)
    except OSError:
        return None


@contextlib.contextmanager
def unheard_interrupt() -> Iterator[None]:
    """Keeps Ctrl-C from threads that begin in the block, and from what these start, for good.

    A terminal sends it to all processes of a command, and each would tell of it in its own way.
    This one hears it at the block's end, and ends the others. Windows has no such signals.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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
    """Gives the signals to a handler for the block's duration, but those that are ignored.

    A shell has a job in the background ignore Ctrl-C, and nohup has it ignore SIGHUP.
    """
    heeded = [number for number in _SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    previous = {number: signal.signal(number, handler) for number in heeded}
    try:
        yield
    finally:
        for number, former in previous.items():
            signal.signal(number, former)


def end_like_ctrl_c() -> None:
    """Lets SIGTERM and SIGHUP clean up as Ctrl-C does; only in the main thread."""
    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            if signal.getsignal(number) == signal.SIG_DFL:
                signal.signal(number, signal.default_int_handler)
