"""Timing files in turns within one process."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

from ...errors import ArtifactError
from ..formats import format_of
from ..runner import Runner
from .durations import time_interleaved
from .load import OtherLoad, TakenTime

WARMUP = 5


@dataclasses.dataclass(frozen=True)
class ProcessTiming:
    """What one process timed.

    Attributes:
        milliseconds: Durations of each file's inferences, in the order of the files.
        taken: Time that others took of the cores meanwhile, or None where unknown.
    """

    milliseconds: tuple[tuple[float, ...], ...]
    taken: TakenTime | None


def time_files(paths: Sequence[Path], *, threads: int, rounds: int, first: int) -> ProcessTiming:
    """Times files in turns.

    Args:
        paths: Files of any formats, each once.
        threads: Threads of each runtime.
        rounds: Timed runs of each.
        first: Which file is opened and run first; the others follow as in a ring, since where
            a file's memory lies depends on what was there before.

    Raises:
        ArtifactError: A file cannot be run, or only by a stand-in for its runtime.
    """
    with contextlib.ExitStack() as stack:
        runners = {
            path: stack.enter_context(opened(path, threads))
            for path in (*paths[first:], *paths[:first])
        }
        load = OtherLoad()
        results = time_interleaved(
            {path: runner.invoke for path, runner in runners.items()},
            rounds=rounds,
            warmup=WARMUP,
        )
        durations = (tuple(results[path].milliseconds.tolist()) for path in paths)
        return ProcessTiming(tuple(durations), load.taken())


@contextlib.contextmanager
def opened(path: Path, threads: int) -> Iterator[Runner]:
    """A file's runner with an input of ordinary values, not run yet.

    Raises:
        ArtifactError: It cannot be run, or only by a stand-in for its runtime.
    """
    with format_of(path).runner(path, threads) as runner:
        if runner.is_stand_in:
            raise ArtifactError(
                f"{path}: here only the {runner.runtime} can compute it, whose times say nothing;"
                " time it on the device"
            )
        runner.set_noise()
        yield runner
