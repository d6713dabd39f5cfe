"""Keeping the chatter of native code off the terminal, and at hand if it fails."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator

from .system_limit import note_limit

KEPT_LINES = 5

_BAR = re.compile(r"\d+%\|| passes/s]")
"""Found in a progress bar."""

CHATTER = (DeprecationWarning, PendingDeprecationWarning, FutureWarning, UserWarning)


@contextlib.contextmanager
def captured_output() -> Iterator[Callable[[], str]]:
    """Sends what Python and native code print to a temporary file.

    Yields:
        What reads all that was printed since the block began.

    Converters and runtimes print from C++ to the file descriptors, past ``sys.stdout`` and
    ``sys.stderr``. If an error leaves the block, the last lines that are no progress bars are
    added to it as notes, and that hardly a file could be opened, if so. What packages warn each
    other of is dropped; warnings about numbers are not.

    Descriptors and filters of warnings are the process's: while any thread is in such a block,
    what the others print is kept back too, and can be among the lines.
    """
    with _capture.joined() as printed:
        try:
            yield printed
        except Exception as error:
            note_limit(error)
            noted = getattr(error, "__notes__", ())
            lines = [line for line in printed().splitlines() if line and not _BAR.search(line)]
            for line in lines[-KEPT_LINES:]:
                if line not in noted:  # by a block within
                    error.add_note(line)
            raise


class _Capture:
    """The one redirection of a process: the first block turns it on, the last one off."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blocks = 0
        self._redirection = contextlib.ExitStack()

    @contextlib.contextmanager
    def joined(self) -> Iterator[Callable[[], str]]:
        """Takes part in it; yields what reads all that was printed meanwhile."""
        with self._lock:
            if not self._blocks:
                self._begin()
            start = self._size()
            self._blocks += 1
        try:
            yield lambda: self._printed(start)
        finally:
            with self._lock:
                self._blocks -= 1
                if not self._blocks:
                    self._redirection.close()

    def _begin(self) -> None:
        with contextlib.ExitStack() as stack:
            self._log = stack.enter_context(
                tempfile.TemporaryFile("w", encoding="utf-8", errors="replace")
            )
            stack.enter_context(_descriptors_to(self._log.fileno()))
            stack.enter_context(contextlib.redirect_stdout(self._log))
            stack.enter_context(contextlib.redirect_stderr(self._log))
            stack.enter_context(warnings.catch_warnings())
            for category in CHATTER:
                warnings.simplefilter("ignore", category)
            self._redirection = stack.pop_all()

    def _size(self) -> int:
        self._log.flush()
        return os.fstat(self._log.fileno()).st_size

    def _printed(self, start: int) -> str:
        with self._lock:
            size = self._size()
            # Who prints shares the place of who reads, which is the end again afterwards.
            os.lseek(self._log.fileno(), start, os.SEEK_SET)
            return os.read(self._log.fileno(), size - start).decode("utf-8", "replace")


_capture = _Capture()


@contextlib.contextmanager
def _descriptors_to(target: int) -> Iterator[None]:
    """Points the descriptors of stdout and stderr to another file."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    os.dup2(target, 1)
    os.dup2(target, 2)
    try:
        yield
    finally:
        for number, copy in enumerate(kept, 1):
            os.dup2(copy, number)
            os.close(copy)
