"""What ties a child process to its parent: its standard input ends when the parent does."""

from __future__ import annotations

import os
import threading


def end_with_the_input() -> None:
    """Ends this process once its standard input ends, whatever it is doing then."""
    threading.Thread(target=_wait, daemon=True).start()


def _wait() -> None:
    # Not sys.stdin: its lock would be held when the interpreter ends.
    while os.read(0, 1):
        pass
    os._exit(1)


def taken_output() -> int:
    """A descriptor of what was the standard output, for answers alone.

    What native code prints to its own goes to the standard error from now on.
    """
    answers = os.dup(1)
    os.dup2(2, 1)
    return answers
