"""How much memory programs may still take."""

from __future__ import annotations

import contextlib
from pathlib import Path

_SYSTEM = Path("/proc/meminfo")

_GROUP = Path("/sys/fs/cgroup")
"""Where a container sees the limits of its own control group, of version 2."""


def available_memory(system: Path = _SYSTEM, group: Path = _GROUP) -> int | None:
    """Bytes that can be taken without swapping, and within the control group's limit.

    Args:
        system: What Linux tells of its memory.
        group: The control group's folder.

    Returns:
        None where the system does not tell.
    """
    known = [bytes_left for bytes_left in (_left_of(system), _left_in(group)) if bytes_left]
    return min(known, default=None)


def _left_of(system: Path) -> int | None:
    """Bytes that the machine has left."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in system.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name == "MemAvailable":
                return int(value.split()[0]) << 10
    return None


def _left_in(group: Path) -> int | None:
    """Bytes that a control group with a limit has left, its caches counted as taken no more."""
    with contextlib.suppress(OSError, ValueError):
        limit = int((group / "memory.max").read_text(encoding="utf-8"))
        taken = int((group / "memory.current").read_text(encoding="utf-8"))
        lines = (group / "memory.stat").read_text(encoding="utf-8").splitlines()
        known = dict(line.split() for line in lines if len(line.split()) == 2)
        return max(1, limit - taken + int(known.get("inactive_file", 0)))
    return None
