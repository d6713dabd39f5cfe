"""Running and timing files on this machine that are still in memory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

from ..artifact.formats import Format
from ..artifact.outputs import Outputs
from ..artifact.pixel_file import Pixels
from ..artifact.preprocessing import Preprocessing
from ..process.system_limit import scratch_folder
from ..runtime.formats import RUNTIMES
from ..runtime.measure.durations import time_interleaved
from ..runtime.runner import Runner

ROUNDS = 15
"""Timed runs of each file."""


class HostTrials:
    """Runs files of a format with a number of threads.

    Args:
        format: The format.
        preprocessing: Normalises pixels.
        threads: Threads for the runtime.
        rounds: Timed runs of each file.
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
        """Median latency of each file in milliseconds, all timed in turns."""
        with contextlib.ExitStack() as stack:
            runs = {}
            for name, content in files.items():
                runner = stack.enter_context(self._runner(content))
                runner.set_noise()
                runs[name] = runner.invoke
            times = time_interleaved(runs, rounds=self._rounds, warmup=3)
        return {name: result.median for name, result in times.items()}

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
