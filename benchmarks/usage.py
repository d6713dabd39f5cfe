"""What a command used: CPU seconds, wall seconds and peak memory, with those of its processes."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Usage:
    """What a command and the processes that it waited for used, as the system counts it."""

    cpu: float
    """Seconds, in the program and in the system on its behalf."""
    wall: float
    """Seconds."""
    peak: float
    """MB of the largest resident set of any one of its processes.

    Never below this process's own, which the system counts until the command has begun.
    """


def measure(
    command: Sequence[str], environment: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Usage:
    """Runs a command to its end, whose results nobody sees and whose progress everybody does.

    Args:
        command: The program and its arguments.
        environment: Variables beside those of this process.
        cwd: Where it runs, if not here.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    begun = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - our own command lines
        command,
        env={**os.environ, **(environment or {})},
        cwd=cwd,
        stdout=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    wall = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Usage(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)
