"""Running and timing files on this machine that are still in memory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ..artifact.formats import Format
from ..artifact.outputs import Outputs
from ..artifact.pixel_file import Pixels
from ..artifact.preprocessing import Preprocessing
from ..process.system_limit import scratch_folder
from ..runtime.formats import RUNTIMES
from ..runtime.measure.durations import time_interleaved
from ..runtime.runner import Runner

ROUNDS = 15
"""Timed runs of a file that is opened."""

OPENINGS = 3
"""How often files are opened anew, twice each."""


class HostTrials:
    """Runs files of a format with a number of threads.

    Args:
        format: The format.
        preprocessing: Normalises pixels.
        threads: Threads for the runtime.
        rounds: Timed runs of a file each time that it is opened.
    """

    def __init__(
        self,
        format: Format,  # noqa: A002 - the field's word
        preprocessing: Preprocessing,
        threads: int,
        rounds: int = ROUNDS,
    ) -> None:
        self._format = format
        self._preprocessing = preprocessing
        self._threads = threads
        self._rounds = rounds

    unit = "ms"

    def costs(self, files: Mapping[str, bytes]) -> dict[str, float]:
        """Latency of each file in milliseconds.

        Each is timed in turns with the first one alone, both opened anew a few times: where a
        file's weights come to lie in memory makes it some percent slower or faster, and the one
        that is opened first in a process where much was done before up to a fifth slower.
        """
        first, *others = files
        if not others:
            return {first: float(np.median(self._times(files, [first])[first]))}
        own: list[float] = []
        ratios: dict[str, float] = {}
        for name in others:
            pairs = [self._times(files, [first, name, name, first]) for _ in range(OPENINGS)]
            ratios[name] = float(np.median([sum(one[name]) / sum(one[first]) for one in pairs]))
            own += [time for one in pairs for time in one[first]]
        milliseconds = float(np.median(own))
        return {first: milliseconds} | {
            name: ratio * milliseconds for name, ratio in ratios.items()
        }

    def _times(self, files: Mapping[str, bytes], order: Sequence[str]) -> dict[str, list[float]]:
        """Median latencies of files that are opened in an order and timed in turns, by name."""
        with contextlib.ExitStack() as stack:
            runs = {}
            for place, name in enumerate(order):
                runner = stack.enter_context(self._runner(files[name]))
                runner.set_noise()
                runs[place] = runner.invoke
            results = time_interleaved(runs, rounds=self._rounds, warmup=3)
        times: dict[str, list[float]] = {}
        for place, name in enumerate(order):
            times.setdefault(name, []).append(results[place].median)
        return times

    def outputs(self, file: bytes, pixels: Pixels) -> Outputs:
        """Outputs of a file for images, uint8 [N, H, W, 3]."""
        with self._runner(file) as runner:
            return runner.run_pixels(pixels, self._preprocessing)

    @contextlib.contextmanager
    def _runner(self, content: bytes) -> Iterator[Runner]:
        with scratch_folder() as folder:
            path = folder / f"model{self._format.suffix}"
            path.write_bytes(content)
            with RUNTIMES[self._format.suffix].runner(path, self._threads) as runner:
                yield runner
