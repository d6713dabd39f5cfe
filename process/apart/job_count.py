"""How many processes work at a time."""

from __future__ import annotations

from ..cores import usable_cores
from ..memory import available_memory


def job_count(asked: int | None, most: int, bytes_each: int) -> int:
    """As many as were asked for, or else as cores and memory allow; at least one.

    Args:
        asked: What the user says, or None.
        most: How many pieces of work there are.
        bytes_each: What a process takes at its peak.
    """
    if asked is not None:
        return min(asked, most)
    free = available_memory()
    by_memory = most if free is None else free // bytes_each
    return max(1, min(usable_cores(), most, by_memory))
