"""Latency of inferences, with interleaved runs where several are compared."""

from __future__ import annotations

import dataclasses
import gc
import time
from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

BOOTSTRAP_SAMPLES = 2000
BLOCKS = 10

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


@dataclasses.dataclass(frozen=True)
class Ratio:
    """A ratio of medians with its interval; what kind it is, its maker states."""

    value: float
    low: float
    high: float


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


def ratio(result: LatencyResult, reference: LatencyResult, seed: int = 0) -> Ratio:
    """Median over median, for two results that were timed in turns in one process.

    The interval is the percentile bootstrap's of 95 % (Efron 1979). Whole rounds are drawn, because
    the runs of one share the machine's state, and blocks of a tenth of all rounds in a row, which
    wrap around at the end (the circular block bootstrap, Politis and Romano 1992), because a
    machine that is busy stays so for a while. It knows nothing of how other processes differ, see
    :func:`process_ratio.process_ratio`.
    """
    ours, theirs = result.milliseconds, reference.milliseconds
    if len(ours) != len(theirs) or len(ours) == 0:
        raise ValueError("a ratio needs results of the same rounds")
    generator = np.random.default_rng(seed)
    block = max(1, len(ours) // BLOCKS)
    starts = generator.integers(0, len(ours), (BOOTSTRAP_SAMPLES, -(-len(ours) // block), 1))
    drawn = (starts + np.arange(block)).reshape(BOOTSTRAP_SAMPLES, -1)[:, : len(ours)] % len(ours)
    ratios = np.median(ours[drawn], axis=1) / np.median(theirs[drawn], axis=1)
    low, high = np.percentile(ratios, (2.5, 97.5))
    return Ratio(result.median / reference.median, float(low), float(high))
