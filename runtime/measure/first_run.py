"""What opening a file and running it once takes in a process that does nothing else."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

from ..formats import format_of
from .memory import PeakMemory
from .timing import WARMUP, opened


@dataclasses.dataclass(frozen=True)
class FirstRun:
    """A file's first moments.

    Attributes:
        runtime: What ran it.
        batch: Images per inference.
        load_ms: Time to open it, with its runtime imported already.
        first_ms: Time of the first inference.
        peak_mb: Growth of the peak resident set by opening it and running it a few times, in
            MB of 10^6 bytes, over that with its runtime imported; None where the system does
            not tell.
    """

    runtime: str
    batch: int
    load_ms: float
    first_ms: float
    peak_mb: float | None


def measure_first_run(path: Path, threads: int) -> FirstRun:
    """Opens a file and runs it a few times; for a process that has opened none before.

    Raises:
        ArtifactError: It cannot be run, or only by a stand-in for its runtime.
    """
    format_of(path).load_runtime()
    memory = PeakMemory()
    started = time.perf_counter()
    with opened(path, threads) as runner:
        loaded = time.perf_counter()
        runner.invoke()
        finished = time.perf_counter()
        for _ in range(WARMUP):
            runner.invoke()
        return FirstRun(
            runtime=runner.runtime,
            batch=runner.batch,
            load_ms=1000 * (loaded - started),
            first_ms=1000 * (finished - loaded),
            peak_mb=memory.megabytes(),
        )
