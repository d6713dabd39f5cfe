"""Timing files against each other, of any formats, in several processes."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..judging.ratio import Ratio, process_ratio
from ..judging.steadiness import doubts
from ..progress import Progress
from ..runtime.measure.durations import LatencyResult
from ..runtime.measure.first_run import Alone
from ..runtime.measure.load import TakenTime, taken_share
from ..runtime.work.fresh_process import Json, Measure, Measured, Request
from ..runtime.work.session import measure_here

ALONE_PROCESSES = 3
"""How often a file is opened in a process of its own."""

LEAST_PROCESSES = 2


@dataclasses.dataclass(frozen=True)
class Timed:
    """A file's timings.

    Attributes:
        path: The file.
        alone: Opening and running it in a process of its own, medians over several.
        processes: Times of the inferences after the warm-up, by process.
        ratio: To the reference, which was timed in turns with it; over the processes.
    """

    path: Path
    alone: Alone
    processes: tuple[LatencyResult, ...]
    ratio: Ratio

    @property
    def result(self) -> LatencyResult:
        """The runs of all processes together."""
        return LatencyResult(np.concatenate([item.milliseconds for item in self.processes]))


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """Files that were timed in turns.

    Attributes:
        machine: Where.
        threads: Threads of each runtime.
        timed: In the order asked for; the first is the reference.
        other_load: Share of the cores that other processes took, or None where unknown.
        doubts: Why the figures mean nothing, a line each; empty where they hold.
        details: What else the machine tells, for ``--json``.
    """

    machine: dict[str, str]
    threads: int
    timed: tuple[Timed, ...]
    other_load: float | None
    doubts: tuple[str, ...]
    details: Json = dataclasses.field(default_factory=dict)

    @property
    def is_valid(self) -> bool:
        """Whether nothing speaks against the figures."""
        return not self.doubts


def benchmark(
    paths: Sequence[Path],
    *,
    threads: int,
    runs: int,
    processes: int,
    progress: Progress,
    measure: Measure = measure_here,
) -> Benchmark:
    """Times files in turns; the first is what the others' ratios refer to.

    Args:
        paths: Files of any formats, each once.
        threads: Threads of each runtime.
        runs: Timed runs of each file, shared out among the processes.
        processes: How many processes time all files in turns, one after the other.
        progress: Is told about each step.
        measure: Has requests done in fresh processes, on this machine or another.

    Raises:
        ArtifactError: A file cannot be run, or only by a stand-in for its runtime.
        ValueError: There are too few processes for an interval.
    """
    if processes < LEAST_PROCESSES:
        raise ValueError(f"at least {LEAST_PROCESSES} processes")
    alone = [
        Request("alone", {"path": str(path), "threads": threads})
        for path in paths
        for _ in range(ALONE_PROCESSES)
    ]
    together = [
        Request(
            "time",
            {
                "paths": [str(path) for path in paths],
                "threads": threads,
                "rounds": -(-runs // processes),
                "first": number % len(paths),
            },
        )
        for number in range(processes)
    ]
    requests = [*alone, *together]
    measured = measure(requests, f"timing in fresh processes, {threads} thread(s)", progress)
    return _judged(paths, threads, measured, len(alone))


def _judged(paths: Sequence[Path], threads: int, measured: Measured, first: int) -> Benchmark:
    """What answers mean; those from ``first`` on are of all files together."""
    opened = [Alone(**answer) for answer in measured.answers[:first]]
    alone = {
        path: _medians(opened[ALONE_PROCESSES * number :][:ALONE_PROCESSES])
        for number, path in enumerate(paths)
    }
    together = measured.answers[first:]
    results = {
        path: [LatencyResult(np.array(answer["milliseconds"][number])) for answer in together]
        for number, path in enumerate(paths)
    }
    taken = [TakenTime(**answer["taken"]) if answer["taken"] else None for answer in together]
    ratios = {path: process_ratio(results[path], results[paths[0]]) for path in paths}
    other_load = taken_share(taken)
    distinct = len({path.name for path in paths}) == len(paths)
    names = {path: path.name if distinct else str(path) for path in paths}
    return Benchmark(
        machine=measured.machine,
        threads=threads,
        timed=tuple(Timed(path, alone[path], tuple(results[path]), ratios[path]) for path in paths),
        other_load=other_load,
        doubts=(
            *measured.doubts,
            *doubts(
                {names[path]: results[path] for path in paths},
                {names[path]: ratios[path] for path in paths},
                other_load,
            ),
        ),
        details=measured.details,
    )


def _medians(found: Sequence[Alone]) -> Alone:
    """Of a file in several processes of its own."""
    peaks = [item.peak_mb for item in found if item.peak_mb is not None]
    return Alone(
        runtime=found[0].runtime,
        batch=found[0].batch,
        load_ms=statistics.median(item.load_ms for item in found),
        first_ms=statistics.median(item.first_ms for item in found),
        peak_mb=statistics.median(peaks) if peaks else None,
    )
