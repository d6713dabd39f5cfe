"""Whether a machine was steady enough for its timings to mean something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..runtime.measure.durations import LatencyResult
from .ratio import Ratio

LARGEST_DRIFT = 0.15
"""Change of the median from the first third of the rounds to the last."""

LARGEST_OTHER_LOAD = 0.15
"""Share of the usable cores' time that others took."""

WIDEST_INTERVAL = 0.15
"""Width of a ratio's interval, relative to the ratio."""

LARGEST_TROUBLED_SHARE = 0.2
"""Share of the processes that may each have been unsteady."""

LEAST_ROUNDS = 10
"""Timed runs of a process."""

_TWO_SPEEDS = 1.25
_LEAST_SHARE = 0.2
_LEAST_SEPARATION = 3.0


def validity(doubts: Sequence[str]) -> str:
    """The verdict on timings that so much speaks against."""
    return "INVALID" if doubts else "valid"


def doubts(
    results: Mapping[str, Sequence[LatencyResult]],
    ratios: Mapping[str, Ratio],
    other_load: float | None,
) -> list[str]:
    """What speaks against timings that were taken in turns, a line each; nothing if all is well.

    Each process is judged, and all of them as one. What a process or two did that nobody else
    saw is in the ratio's interval already; what more than a fifth of them did is a doubt.

    Args:
        results: Durations by name and process.
        ratios: Their ratios to one of them.
        other_load: What others took of the machine, see :class:`load.OtherLoad`.
    """
    found = []
    if other_load is not None and other_load > LARGEST_OTHER_LOAD:
        found.append(f"other processes took {100 * other_load:.0f} % of the cores")
    for name, processes in results.items():
        found += [f"{name}: {trouble}" for trouble in _troubles(processes)]
    for name, relative in ratios.items():
        if relative.high - relative.low > WIDEST_INTERVAL * relative.value:
            found.append(
                f"{name}: its ratio is uncertain, {relative.low:.3f} to {relative.high:.3f}"
            )
    return found


def _troubles(processes: Sequence[LatencyResult]) -> list[str]:
    """What speaks against the durations of one file."""
    times = [result.milliseconds for result in processes]
    fewest = min(map(len, times))
    if fewest < LEAST_ROUNDS:
        return [f"{fewest} runs in a process are too few, at least {LEAST_ROUNDS}"]
    together = np.concatenate(times)
    found = []
    change = drift(together)
    if abs(change) > LARGEST_DRIFT:
        word = "slower" if change > 0 else "faster"
        found.append(f"became {100 * abs(change):.0f} % {word} while it was timed")
    if has_two_speeds(together):
        found.append("ran at two speeds")
    for trouble, count in (
        ("changed its speed", sum(abs(drift(part)) > LARGEST_DRIFT for part in times)),
        ("ran at two speeds", sum(has_two_speeds(part) for part in times)),
    ):
        if len(times) > 1 and count > LARGEST_TROUBLED_SHARE * len(times):
            found.append(f"{trouble} within {count} of {len(times)} processes")
    return found


def drift(times: NDArray[np.float64]) -> float:
    """Median of the last third of the runs over that of the first, minus 1."""
    third = len(times) // 3
    return float(np.median(times[-third:]) / np.median(times[:third])) - 1


def has_two_speeds(times: NDArray[np.float64]) -> bool:
    """Whether durations fall into two groups that lie apart.

    The groups are those of Otsu's threshold (1979), which leaves the least variance within.
    Both must hold a fifth of the runs, with medians a quarter apart and at least three times as
    far from each other as their members are from their own medians.
    """
    ordered = np.sort(times)
    count = len(ordered)
    sums, squares = np.cumsum(ordered), np.cumsum(ordered**2)
    sizes = np.arange(1, count)
    low = squares[:-1] - sums[:-1] ** 2 / sizes
    rest = sums[-1] - sums[:-1]
    high = squares[-1] - squares[:-1] - rest**2 / (count - sizes)
    split = int(np.argmin(low + high)) + 1
    groups = ordered[:split], ordered[split:]
    if min(map(len, groups)) < _LEAST_SHARE * count:
        return False
    medians = [float(np.median(group)) for group in groups]
    spread = max(
        float(np.median(np.abs(group - median)))
        for group, median in zip(groups, medians, strict=True)
    )
    gap = medians[1] - medians[0]
    return medians[1] > _TWO_SPEEDS * medians[0] and gap > _LEAST_SEPARATION * spread
