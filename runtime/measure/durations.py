"""Latency of inferences, with interleaved runs where several are compared."""

from __future__ import annotations

import dataclasses
import gc
import time
from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Key = TypeVar("Key", bound=Hashable)


@dataclasses.dataclass(frozen=True)
class LatencyResult:
    """Durations of single inferences.

    Attributes:
        milliseconds: One duration per timed run, in order.
    """

    milliseconds: NDArray[np.float64]

    @property
    def median(self) -> float:
        """Median in milliseconds."""
        return float(np.median(self.milliseconds))

    def percentile(self, percent: float) -> float:
        """A percentile in milliseconds."""
        return float(np.percentile(self.milliseconds, percent))


def time_interleaved(
    runs: Mapping[Key, Callable[[], object]],
    *,
    rounds: int = 40,
    warmup: int = 5,
    on_round: Callable[[], object] = lambda: None,
) -> dict[Key, LatencyResult]:
    """Times several things in turns, so that a change of the machine's speed meets all alike.

    Each timed run directly follows an untimed one of the same thing. Otherwise it would begin
    with caches full of the others' weights, which makes small models look up to a third slower
    than they are where they run alone.

    Args:
        runs: What to time, by name; each call is one run.
        rounds: Timed runs of each.
        warmup: Runs of each before, which do not count.
        on_round: Called after each round, for progress.
    """
    durations: dict[Key, list[float]] = {name: [] for name in runs}
    collecting = gc.isenabled()
    gc.disable()
    try:
        for number in range(warmup + rounds):
            for name, run in runs.items():
                run()
                started = time.perf_counter()
                run()
                duration = time.perf_counter() - started
                if number >= warmup:
                    durations[name].append(1000 * duration)
            on_round()
    finally:
        if collecting:
            gc.enable()
    return {name: LatencyResult(np.array(values)) for name, values in durations.items()}
