"""What the dynamic linker finds for a laboratory's programs and libraries, and where."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

LINKER = "/lib64/ld-linux-x86-64.so.2"

SYSTEM = re.compile(
    r"(ld-linux-x86-64|libc|libm|libdl|libpthread|librt|libutil|libresolv|libgcc_s|libstdc\+\+)\.so"
    r"\.\d+"
)
"""Of the packages that a laboratory leaves out (``lab.debian.SYSTEM_LIBRARIES``)."""


def libraries_from_elsewhere(
    file: Path, folder: Path, environment: Mapping[str, str]
) -> dict[str, str]:
    """Libraries of a program or a library that do not come from its laboratory.

    Args:
        file: The program or library.
        folder: The laboratory's.
        environment: The variables that it runs with, beside ours.

    Returns:
        Where each comes from, or ``not found``. The system's own C and C++ do not count.
    """
    done = subprocess.run(
        [LINKER, "--inhibit-cache", "--list", str(file)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 1), done.stderr
    listed = dict(re.findall(r"^\s*(\S+) => (.+?)(?: \(0x\w+\))?$", done.stdout, re.MULTILINE))
    assert listed, done.stdout + done.stderr
    return {
        name: place
        for name, place in listed.items()
        if not SYSTEM.fullmatch(name) and not Path(place).resolve().is_relative_to(folder.resolve())
    }
