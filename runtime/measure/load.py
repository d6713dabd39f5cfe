"""How much of a machine others take while something is timed."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

_STAT = Path("/proc/stat")


@dataclasses.dataclass(frozen=True)
class TakenTime:
    """What other processes took of the usable cores during a stretch of time.

    Attributes:
        others: Seconds that the cores worked for others.
        total: Seconds that passed on all of them.
    """

    others: float
    total: float


def taken_share(stretches: Sequence[TakenTime | None]) -> float | None:
    """The others' share of several stretches together, or None where one is unknown."""
    known = [stretch for stretch in stretches if stretch]
    total = sum(stretch.total for stretch in known)
    if len(known) < len(stretches) or total <= 0:
        return None
    return sum(stretch.others for stretch in known) / total


class OtherLoad:
    """How much of the usable cores' time other processes take, from its making on.

    Reads ``/proc/stat``; where there is none, nothing is known.
    """

    def __init__(self) -> None:
        self._start = _busy_and_own()

    def taken(self) -> TakenTime | None:
        """The others' time on the cores that this process may use, or None."""
        now = _busy_and_own()
        if self._start is None or now is None:
            return None
        busy, own, total = (after - before for after, before in zip(now, self._start, strict=True))
        return TakenTime(max(0.0, busy - own), total)


def _busy_and_own() -> tuple[float, float, float] | None:
    """Seconds that the usable cores worked, that this process did, and that passed on them."""
    try:
        lines = _STAT.read_text(encoding="ascii").splitlines()
        cores = {f"cpu{number}" for number in os.sched_getaffinity(0)}
    except (OSError, AttributeError):
        return None
    tick = os.sysconf("SC_CLK_TCK")
    busy = total = 0.0
    for line in lines:
        name, *fields = line.split()
        if name in cores:
            # user, nice, system, idle, iowait, irq, softirq, steal; guests are in user.
            ticks = [int(field) for field in fields[:8]]
            total += sum(ticks) / tick
            busy += (sum(ticks) - ticks[3] - ticks[4]) / tick
    times = os.times()
    own = times.user + times.system + times.children_user + times.children_system
    return busy, own, total
