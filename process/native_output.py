"""Keeping the chatter of native code off the terminal, and at hand if it fails."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
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
        What reads all that was printed so far.

    Converters and runtimes print from C++ to the file descriptors, past ``sys.stdout`` and
    ``sys.stderr``. If an error leaves the block, the last lines that are no progress bars are
    added to it as notes, and that hardly a file could be opened, if so. What packages warn each
    other of is dropped; warnings about numbers are not.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:

        def printed() -> str:
            log.seek(0)
            return log.read()

        try:
            with (
                _descriptors_to(log.fileno()),
                contextlib.redirect_stdout(log),
                contextlib.redirect_stderr(log),
                warnings.catch_warnings(),
            ):
                for category in CHATTER:
                    warnings.simplefilter("ignore", category)
                yield printed
        except Exception as error:
            note_limit(error)
            lines = [line for line in printed().splitlines() if line and not _BAR.search(line)]
            for line in lines[-KEPT_LINES:]:
                error.add_note(line)
            raise


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
