"""How many of the machine's cores this process may use."""

from __future__ import annotations

import os


def usable_cores() -> int:
    """As many as the system leaves to this process, such as in a container or under taskset."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
