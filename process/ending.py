"""How processes come to their end."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from typing import Any

from .text import one_line

LONGEST_REASON = 300
"""Characters of what a process said last."""

_ERROR = re.compile(r"[\w.]+(Error|Exception)\b")
"""The last line of a traceback, behind which native code may still chatter."""


def kill_group(process: subprocess.Popen[Any]) -> None:
    """Ends a process that runs in a session of its own, with all that it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def signal_name(number: int) -> str:
    """A signal's name, where there is such a signal."""
    with contextlib.suppress(ValueError, OverflowError):
        return signal.Signals(number).name
    return f"signal {number}"


def how_ended(code: int, printed: str) -> str:
    """How a process ended that did not end well, with the last that it said.

    Args:
        code: Its exit code, or the negative number of a signal.
        printed: What it said on stderr.
    """
    how = f"was ended by {signal_name(-code)}" if code < 0 else f"failed with exit code {code}"
    lines = [one_line(line) for line in printed.splitlines() if line.strip()]
    errors = [line for line in lines if _ERROR.match(line)] or lines
    return f"{how}: {errors[-1][:LONGEST_REASON]}" if errors else how
