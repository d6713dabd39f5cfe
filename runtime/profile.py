"""Where a file's time goes, op by op, as its runtime tells it."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Sequence

WARMUP = 5


def middle_mean(times: Sequence[float]) -> float:
    """Mean without the smallest and the largest quarter.

    An op that is interrupted once takes a thousand times as long; and clocks that count whole
    microseconds make medians of short ops coarse.
    """
    cut = len(times) // 4
    middle = sorted(times)[cut : len(times) - cut]
    return sum(middle) / len(middle)


@dataclasses.dataclass(frozen=True)
class OpTime:
    """An op's time.

    Attributes:
        kind: What it does, in the words of what ran it.
        name: Which one it is.
        milliseconds: Mean over the middle half of the runs.
    """

    kind: str
    name: str
    milliseconds: float


@dataclasses.dataclass(frozen=True)
class Profile:
    """The times of a file's ops.

    Profiling slows a run down, and a sum of ops leaves out what happens between them: shares count
    here, and not the sums.

    Attributes:
        runtime: What ran it.
        runs: How often it ran.
        ops: In the order in which they ran.
        missing: Why there are none, or None where there are.
    """

    runtime: str
    runs: int
    ops: tuple[OpTime, ...]
    missing: str | None = None

    @property
    def milliseconds(self) -> float:
        """All ops together."""
        return sum(op.milliseconds for op in self.ops)

    def share(self, milliseconds: float) -> float:
        """A part of all ops' time, between 0 and 1; 0 where they took no time at all."""
        return milliseconds / self.milliseconds if self.milliseconds else 0.0

    def kinds(self) -> list[tuple[str, int, float]]:
        """Each kind of op, how many there are, and their time together; the slowest first."""
        found: dict[str, list[float]] = defaultdict(list)
        for op in self.ops:
            found[op.kind].append(op.milliseconds)
        rows = [(kind, len(times), sum(times)) for kind, times in found.items()]
        return sorted(rows, key=lambda row: (-row[2], row[0]))

    def slowest(self, count: int) -> list[OpTime]:
        """The ops that take the most time, the slowest first."""
        return sorted(self.ops, key=lambda op: (-op.milliseconds, op.name))[:count]
