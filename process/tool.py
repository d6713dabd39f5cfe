"""Running other programs, and telling in a line why one failed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ..errors import LabError, LowFormerEdgeError
from .text import one_line

LONGEST_REASON = 300
PATIENCE_S = 900.0


def run_tool(
    command: Sequence[str | Path],
    what_for: str,
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    accepted: Sequence[int] = (0,),
    patience: float = PATIENCE_S,
    failure: type[LowFormerEdgeError] = LabError,
    reason_of: Callable[[str, str], str] | None = None,
) -> str:
    """What a tool printed to stdout.

    Args:
        command: The tool and its arguments.
        what_for: What it does, for the message if it fails.
        cwd: Where it runs.
        environment: All its variables; ours if None.
        accepted: Exit codes that are no failure.
        patience: Seconds after which it is given up.
        failure: The error that a failure is.
        reason_of: Gives the reason of a failure from what the tool printed to stdout and to
            stderr; by default the last line that looks like an error, see :func:`last_error`.

    Raises:
        LabError: It is not installed, or was given up.
        LowFormerEdgeError: It failed; of the class ``failure``.
    """
    try:
        done = subprocess.run(  # noqa: S603 - our own command lines
            [str(part) for part in command],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=patience,
        )
    except FileNotFoundError as error:
        raise LabError(f"{what_for} needs {command[0]}, which is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{what_for} was given up after {patience:g} s") from error
    if done.returncode not in accepted:
        reason = (reason_of or last_error)(done.stdout, done.stderr)
        raise failure(f"{what_for} failed: {reason}")
    return done.stdout


def last_error(printed: str, complained: str) -> str:
    """The last line that a tool printed to stderr and that looks like an error, or the last."""
    lines = [line for line in complained.splitlines() if line.strip()] or ["it says nothing"]
    errors = [line for line in lines if line.lower().startswith(("e:", "error"))] or lines
    return one_line(errors[-1])[:LONGEST_REASON]


def check_program(program: str, lab: str, packages: str) -> None:
    """Refuses to build a laboratory without a program of this machine, before anything is fetched.

    Args:
        program: The program.
        lab: The laboratory that needs it.
        packages: What to install, as Debian calls it.

    Raises:
        LabError: It is missing.
    """
    if not shutil.which(program):
        raise LabError(f"the {lab} lab needs {program}; install {packages}")
