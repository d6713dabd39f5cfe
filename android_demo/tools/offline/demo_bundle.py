"""The bundle that a test product is built with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ....errors import CheckError

DEMO = ("--to", "tflite,executorch", "--fp32", "--int8")
"""What the demo bundle holds: two runtimes, two precisions."""

_QUICK = ("--evaluation-images", "500", "--runs", "3")


def export_demo(into: Path) -> Path:
    """Exports the demo model as the test product has it.

    Args:
        into: The bundle's folder, which is not there yet.

    Returns:
        ``into``.

    Raises:
        CheckError: The export failed.
    """
    command = ["-m", f"{__package__.split('.')[0]}.cli.export", *DEMO, *_QUICK, "--quiet"]
    done = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, *command, "--output", str(into)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise CheckError(f"exporting the demo bundle failed: {done.stderr.strip()}")
    return into
