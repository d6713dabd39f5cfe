"""Running the tools that laboratories are built with."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import LabError
from .text import one_line

LONGEST_REASON = 300
PATIENCE_S = 900.0


def run_tool(
    command: Sequence[str | Path],
    what_for: str,
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """What a tool printed to stdout.

    Args:
        command: The tool and its arguments.
        what_for: What it does, for the message if it fails.
        cwd: Where it runs.
        environment: All its variables; ours if None.

    Raises:
        LabError: It is not installed, or failed.
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
            timeout=PATIENCE_S,
        )
    except FileNotFoundError as error:
        raise LabError(f"{what_for} needs {command[0]}, which is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{what_for} was given up after {PATIENCE_S:g} s") from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["it says nothing"]
        errors = [line for line in lines if line.lower().startswith(("e:", "error"))] or lines
        reason = one_line(errors[-1])[:LONGEST_REASON]
        raise LabError(f"{what_for} failed: {reason}")
    return done.stdout


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
