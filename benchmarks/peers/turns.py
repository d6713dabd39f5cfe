"""Times on this machine: each contender in a process of its own, in turns."""

from __future__ import annotations

import contextlib
import dataclasses
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...process.ending import how_ended, kill_group
from ...process.watch import Watch
from ...progress import Progress
from ...runtime.measure.durations import LatencyResult
from ...targets.worker_process import job_folder
from ...tasks.closeness import sqnr
from .contenders import Contender
from .environment import FILES, PATIENCE_S, PeerError, python_of, variables
from .peer import GIVEN
from .worker import READY
from .worker import __name__ as module

WARM_UP = 3
"""Rounds that do not count."""


@dataclasses.dataclass(frozen=True)
class Timed:
    """What was measured of one contender.

    Attributes:
        sqnr_db: Its logits' beside the eager model's.
        times: CPU time of single inferences, of all of the process's threads.
    """

    sqnr_db: float
    times: LatencyResult


def time_in_turns(
    contenders: Sequence[Contender], rounds: int, progress: Progress
) -> dict[Contender, Timed | str]:
    """Times of all, or why there are none, for those that are there.

    All run the same images. A round has one timed inference of each, so that what the machine does
    meets all alike; there are as many rounds of each, as :func:`...judging.ratio.ratio` wants.
    """
    found: dict[Contender, Timed | str] = {}
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(job_folder())
        started: dict[Contender, _Process] = {}
        with progress.step("opening files, and running all images", len(contenders)) as advance:
            for number, contender in enumerate(contenders):
                outputs = folder / f"{number}.npy"
                try:
                    process = stack.enter_context(_started(contender, folder, outputs))
                    process.wait_until_ready()
                    started[contender] = process
                except PeerError as error:
                    found[contender] = str(error)
                advance(1)
        times: dict[Contender, list[float]] = {contender: [] for contender in started}
        with progress.step("timing in turns", rounds + WARM_UP) as advance:
            for _ in range(rounds + WARM_UP):
                for contender in list(times):
                    try:
                        times[contender].append(started[contender].time())
                    except PeerError as error:
                        found[contender] = str(error)
                        del times[contender]
                advance(1)
        for contender, values in times.items():
            result = LatencyResult(np.array(values[WARM_UP:]))
            found[contender] = Timed(sqnr_of(started[contender].outputs), result)
    return found


def sqnr_of(outputs: Path) -> float:
    """SQNR in dB of logits [N, K] of the first N images, beside the eager model's."""
    values: NDArray[np.float32] = np.load(outputs)
    return sqnr(np.load(FILES / GIVEN / "logits.npy")[: len(values)], values)


@contextlib.contextmanager
def _started(contender: Contender, folder: Path, outputs: Path) -> Iterator[_Process]:
    images = FILES / GIVEN / "images.npy"
    parts = [contender.peer, contender.path, contender.arithmetic, images, outputs]
    command = [python_of(contender.peer), "-m", module, *map(str, parts)]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as chatter,
        subprocess.Popen(  # noqa: S603 - our own command lines
            command,
            env=variables(folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=chatter,
            text=True,
            start_new_session=True,
        ) as process,
    ):

        def said() -> str:
            chatter.seek(0)
            return chatter.read()

        try:
            yield _Process(process, outputs, said)
        finally:
            kill_group(process)


class _Process:
    """A worker's process, asked line by line."""

    def __init__(
        self, process: subprocess.Popen[str], outputs: Path, said: Callable[[], str]
    ) -> None:
        self.outputs = outputs
        self._process, self._said = process, said

    def wait_until_ready(self) -> None:
        if self._answer() != READY:
            raise PeerError("the worker says something else than that it is ready")

    def time(self) -> float:
        """CPU milliseconds of an inference."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # then there is no answer
            self._process.stdin.write("\n")
            self._process.stdin.flush()
        return float(self._answer())

    def _answer(self) -> str:
        assert self._process.stdout is not None
        with Watch(PATIENCE_S, lambda: kill_group(self._process)) as watch:
            line = self._process.stdout.readline()
        if watch.is_over:
            raise PeerError(watch.how())
        if not line:
            raise PeerError(how_ended(self._process.wait(), self._said()))
        return line.strip()
