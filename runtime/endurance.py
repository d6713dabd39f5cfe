"""Latency over minutes, where a machine may become hot and slow down."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .measure.durations import LatencyResult, Ratio
from .measure.sensors import Reading, read_sensors
from .measure.timing import WARMUP, opened
from .steadiness import LARGEST_OTHER_LOAD, OtherLoad, TakenTime, taken_share
from .student_t import quantile_995

WINDOWS = 12
SLICES = 5
"""Parts of a window, whose medians tell how sure its own is."""

LEAST_CHANGE = 0.05
"""A smaller change of speed is none that matters."""


@dataclasses.dataclass(frozen=True)
class Window:
    """A file's runs during a stretch of time.

    Attributes:
        runs: How many there were.
        median_ms: Their median.
        p90_ms: Their 90th percentile.
        slices_ms: Medians of their parts, in order.
    """

    runs: int
    median_ms: float
    p90_ms: float
    slices_ms: tuple[float, ...]


@dataclasses.dataclass(frozen=True)
class Moment:
    """What a stretch of time was like.

    Attributes:
        seconds: When it ended, from the beginning of all.
        reading: Of the sensors at its end.
        taken: What other processes took of the cores, or None where unknown.
        throttling: How much a phone says that it throttles, or None where nothing says so.
    """

    seconds: float
    reading: Reading
    taken: TakenTime | None
    throttling: str | None = None


@dataclasses.dataclass(frozen=True)
class Endurance:
    """Files that ran in turns for minutes.

    Attributes:
        moments: The windows of time.
        windows: By file, one per moment.
    """

    moments: tuple[Moment, ...]
    windows: tuple[tuple[Window, ...], ...]

    @property
    def other_load(self) -> float | None:
        """Share of the cores that others took, or None where unknown."""
        return taken_share([moment.taken for moment in self.moments])

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Endurance:
        """What ``dataclasses.asdict`` made of one."""
        return cls(
            moments=tuple(
                Moment(
                    seconds=moment["seconds"],
                    reading=Reading(**moment["reading"]),
                    taken=TakenTime(**moment["taken"]) if moment["taken"] else None,
                    throttling=moment["throttling"],
                )
                for moment in values["moments"]
            ),
            windows=tuple(
                tuple(
                    Window(**{**window, "slices_ms": tuple(window["slices_ms"])})
                    for window in windows
                )
                for windows in values["windows"]
            ),
        )


def run_for(paths: Sequence[Path], *, threads: int, seconds: float) -> Endurance:
    """Runs files in turns without a pause.

    Raises:
        ArtifactError: A file cannot be run, or only by a stand-in for its runtime.
    """
    with contextlib.ExitStack() as stack:
        runs = [stack.enter_context(opened(path, threads)).invoke for path in paths]
        for run in runs * WARMUP:
            run()
        moments, windows = [], []
        began = time.perf_counter()
        for number in range(1, WINDOWS + 1):
            load = OtherLoad()
            until = began + seconds * number / WINDOWS
            times: list[list[float]] = [[] for _ in runs]
            # At least one run per slice, however slow they are.
            while time.perf_counter() < until or len(times[0]) < SLICES:
                for own, run in zip(times, runs, strict=True):
                    run()
                    started = time.perf_counter()
                    run()
                    own.append(1000 * (time.perf_counter() - started))
            windows.append([_window(np.array(own)) for own in times])
            moments.append(Moment(time.perf_counter() - began, read_sensors(), load.taken()))
    return Endurance(tuple(moments), tuple(zip(*windows, strict=True)))


def _window(times: NDArray[np.float64]) -> Window:
    result = LatencyResult(times)
    return Window(
        runs=len(times),
        median_ms=result.median,
        p90_ms=result.percentile(90),
        slices_ms=tuple(float(np.median(part)) for part in np.array_split(times, SLICES)),
    )


def change(windows: Sequence[Window]) -> Ratio:
    """The last window's time over the first's, with an interval of 99 %.

    The figures are the logarithms of the medians of each window's parts. Their spreads may
    differ, so that the interval is Welch's (1947) with the degrees of freedom at their least,
    those of one window.
    """
    first, last = (np.log(window.slices_ms) for window in (windows[0], windows[-1]))
    mean = float(last.mean() - first.mean())
    spread = float(np.sqrt(first.var(ddof=1) / len(first) + last.var(ddof=1) / len(last)))
    half = quantile_995(min(len(first), len(last)) - 1) * spread
    return Ratio(float(np.exp(mean)), float(np.exp(mean - half)), float(np.exp(mean + half)))


def verdict(windows: Sequence[Window]) -> str:
    """Whether a file became slower: ``throttled``, ``faster``, ``steady`` or ``uncertain``."""
    found = change(windows)
    if found.low > 1 + LEAST_CHANGE:
        return "throttled"
    if found.high < 1 / (1 + LEAST_CHANGE):
        return "faster"
    if found.low > 1 / (1 + LEAST_CHANGE) and found.high < 1 + LEAST_CHANGE:
        return "steady"
    return "uncertain"


def endurance_doubts(endurance: Endurance) -> list[str]:
    """What speaks against a verdict, a line each."""
    load = endurance.other_load
    if load is not None and load > LARGEST_OTHER_LOAD:
        return [f"other processes took {100 * load:.0f} % of the cores, and slow files down too"]
    return []
