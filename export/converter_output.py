"""Keeping a converter's chatter off the terminal, and at hand if it fails."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator

KEPT_LINES = 5


@contextlib.contextmanager
def captured_output() -> Iterator[None]:
    """Sends what Python and native code print to a temporary file.

    Converters print from C++ to the file descriptors, past ``sys.stdout`` and ``sys.stderr``.
    If an error leaves the block, the last lines are added to it as a note.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    with tempfile.TemporaryFile() as log:
        try:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
            yield
        except Exception as error:
            sys.stdout.flush()
            sys.stderr.flush()
            log.seek(0)
            lines = log.read().decode(errors="replace").splitlines()
            for line in lines[-KEPT_LINES:]:
                error.add_note(line)
            raise
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for number, copy in enumerate(kept, 1):
                os.dup2(copy, number)
                os.close(copy)
