"""Latency over minutes, where a machine may become hot and slow down."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .durations import LatencyResult
from .load import OtherLoad, TakenTime, taken_share
from .sensors import Reading, read_sensors
from .timing import WARMUP, opened

WINDOWS = 12
SLICES = 5
"""Parts of a window, whose medians tell how sure its own is."""


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
