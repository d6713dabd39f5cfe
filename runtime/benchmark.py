"""Timing files against each other, of any formats."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import ArtifactError
from ..progress import Progress
from .formats import format_of
from .latency import LatencyResult, Ratio, ratio, time_interleaved
from .runner import Runner
from .steadiness import OtherLoad, doubts

WARMUP = 10


@dataclasses.dataclass(frozen=True)
class Timed:
    """A file's timings.

    Attributes:
        path: The file.
        runtime: What ran it.
        batch: Images per inference.
        load_ms: Time to open it, in milliseconds.
        first_ms: Time of the first inference.
        result: Times of the inferences after the warm-up.
        ratio: To the reference, which was timed in turns with it.
    """

    path: Path
    runtime: str
    batch: int
    load_ms: float
    first_ms: float
    result: LatencyResult
    ratio: Ratio


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """Files that were timed in turns.

    Attributes:
        threads: Threads of each runtime.
        timed: In the order asked for; the first is the reference.
        other_load: Share of the cores that other processes took, or None where unknown.
        doubts: Why the figures mean nothing, a line each; empty where they hold.
    """

    threads: int
    timed: tuple[Timed, ...]
    other_load: float | None
    doubts: tuple[str, ...]

    @property
    def is_valid(self) -> bool:
        """Whether nothing speaks against the figures."""
        return not self.doubts


def benchmark(paths: Sequence[Path], *, threads: int, rounds: int, progress: Progress) -> Benchmark:
    """Times files in turns; the first is what the others' ratios refer to.

    Args:
        paths: Files of any formats, each once.
        threads: Threads of each runtime.
        rounds: Timed runs of each.
        progress: Is told about each step.

    Raises:
        ArtifactError: A file cannot be run, or only by a stand-in for its runtime.
    """
    loads, firsts = {}, {}
    with contextlib.ExitStack() as stack:
        runners: dict[Path, Runner] = {}
        for path in paths:
            with progress.step(f"loading {path.name}"):
                started = time.perf_counter()
                runner = stack.enter_context(format_of(path).runner(path, threads))
                loads[path] = 1000 * (time.perf_counter() - started)
            if runner.is_stand_in:
                raise ArtifactError(
                    f"{path}: here only the {runner.runtime} can compute it, whose times say"
                    " nothing; time it on the device"
                )
            runner.set_input(_noise(runner))
            started = time.perf_counter()
            runner.invoke()
            firsts[path] = 1000 * (time.perf_counter() - started)
            runners[path] = runner
        advance = stack.enter_context(progress.step(f"{threads} thread(s)", WARMUP + rounds))
        load = OtherLoad()
        results = time_interleaved(
            {path: runner.invoke for path, runner in runners.items()},
            rounds=rounds,
            warmup=WARMUP,
            on_round=lambda: advance(1),
        )
        other_load = load.share()
        runtimes = {path: (runner.runtime, runner.batch) for path, runner in runners.items()}
    ratios = {path: ratio(results[path], results[paths[0]]) for path in paths}
    return Benchmark(
        threads=threads,
        timed=tuple(
            Timed(path, *runtimes[path], loads[path], firsts[path], results[path], ratios[path])
            for path in paths
        ),
        other_load=other_load,
        doubts=tuple(
            doubts(
                {path.name: results[path] for path in paths},
                {path.name: ratios[path] for path in paths},
                other_load,
            )
        ),
    )


def _noise(runner: Runner) -> np.ndarray:
    """An input of ordinary values."""
    shape = (runner.batch, 3, runner.input_size, runner.input_size)
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)
