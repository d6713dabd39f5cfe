"""Stdout and stderr as commands find them: closed, or of an encoding without most characters."""

from __future__ import annotations

import os
import sys
from typing import TextIO, cast


def prepare_streams() -> bool:
    """Lets text be printed to stdout and stderr whatever they are.

    Closed descriptors are opened on nothing, since the next file would otherwise get their number,
    and be written to by whatever prints. What an encoding does not have is printed as escapes.

    Returns:
        Whether stdout was open, so that somebody may read what is printed.
    """
    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(handle, True)
    os.close(handle)
    was_open = cast(TextIO | None, sys.stdout) is not None
    sys.stdout = _usable(sys.stdout, 1)
    sys.stderr = _usable(sys.stderr, 2)
    return was_open


def drop_unwritable() -> None:
    """Drops what stdout's end does not take: its reader has left, or its disk is full.

    Python would try once more as it ends, and complain.
    """
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _usable(stream: TextIO | None, handle: int) -> TextIO:
    if stream is None:
        return os.fdopen(handle, "w", encoding="utf-8", closefd=False)
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
    return stream
