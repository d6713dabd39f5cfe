"""What machine this is, for figures that depend on it."""

from __future__ import annotations

import platform
from pathlib import Path

from ..process.cores import usable_cores

BOARD = Path("/proc/device-tree/model")
"""What board this is, such as ``Raspberry Pi 5 Model B Rev 1.0``, where Linux was told."""


def describe_machine() -> dict[str, str]:
    """Processor, cores that this process may use, system and Python, without names of hosts."""
    machine = {
        "processor": _processor(),
        "cores": str(usable_cores()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }
    if BOARD.is_file():
        machine["board"] = BOARD.read_text(encoding="utf-8", errors="replace").strip("\0\n")
    return machine


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() in ("model name", "Hardware") and value.strip():
                return value.strip()
    return platform.processor() or platform.machine()
