"""Images that several workers on this machine share, each of which runs every file on its part."""

from __future__ import annotations

import contextlib
import itertools
import queue
import threading
from collections.abc import Sequence
from pathlib import Path

from ..artifact.outputs import joined
from ..artifact.pixel_file import Pixels, part_of_pixels
from ..progress import Advance
from ..runtime.work.job import Job, Ran
from .standing_worker import StandingWorker
from .worker_target import work_off

TOGETHER = 16
"""Images that stay together, so that a file's batches are the same as those of one worker."""

SHORT_S = 0.05
"""Seconds after which a worker is killed again that had not been started yet."""

Done = tuple[dict[str, str], list[Ran]]
"""The machine, and what became of each file."""


class _StoppedError(Exception):
    """The work was ended before it was done."""


def parts_of(count: int, workers: int) -> list[slice]:
    """As many images, in parts for workers; fewer parts where there are few images."""
    groups = -(-count // TOGETHER)
    workers = max(1, min(workers, groups))
    ends = [min(count, groups * number // workers * TOGETHER) for number in range(workers + 1)]
    return [slice(start, end) for start, end in itertools.pairwise(ends)]


def work_off_side_by_side(
    workers: Sequence[StandingWorker],
    where: str,
    patience: float,
    folder: Path,
    job: Job,
    pixels: Pixels,
    advance: Advance,
) -> Done:
    """Has workers do a job, each on a part of its images.

    Args:
        workers: What does it.
        where: What they run on, for messages.
        patience: Seconds without an inference's end, after which a worker is ended.
        folder: The job's, which is empty.
        job: The job.
        pixels: Its images.
        advance: Is told of each number of inferences done, by this thread; an interrupt ends all
            workers.

    Returns:
        The machine, and what became of each file.

    Raises:
        TargetError: No file came to be run.
    """
    parts = parts_of(len(pixels), len(workers))
    threads = [
        _Part(worker, where, patience, folder / f"part-{number}", job, part_of_pixels(pixels, part))
        for number, (worker, part) in enumerate(zip(workers, parts, strict=False))
    ]
    told: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    try:
        for thread in threads:
            thread.begin(told)
        working = len(threads)
        while working:
            count = told.get()
            if count is None:
                working -= 1
            else:
                advance(count)
    finally:
        for thread in threads:
            thread.end()
    done = [thread.done() for thread in threads]
    machine = done[0][0]
    return machine, [_whole(pieces) for pieces in zip(*(ran for _, ran in done), strict=True)]


class _Part:
    """A worker's part of the images, with the thread that waits for it."""

    def __init__(
        self,
        worker: StandingWorker,
        where: str,
        patience: float,
        folder: Path,
        job: Job,
        pixels: Pixels,
    ) -> None:
        self._worker, self._where, self._patience = worker, where, patience
        self._folder, self._job, self._pixels = folder, job, pixels
        self._found: Done | BaseException | None = None
        self._thread: threading.Thread | None = None
        self._is_stopped = False

    def begin(self, told: queue.SimpleQueue[int | None]) -> None:
        """Starts the thread, which tells of inferences, and None at its end."""
        self._folder.mkdir()
        self._thread = threading.Thread(target=self._work, args=(told,), daemon=True)
        self._thread.start()

    def _work(self, told: queue.SimpleQueue[int | None]) -> None:
        def do(folder: Path, advance: Advance) -> None:
            with contextlib.ExitStack() as stack:
                stack.callback(self._check_wanted)
                self._check_wanted()
                self._worker.do(folder, self._where, advance, self._patience)

        try:
            self._found = work_off(do, self._folder, self._job, self._pixels, told.put)
        except BaseException as error:
            self._found = error
        told.put(None)

    def _check_wanted(self) -> None:
        """Lets no further file be run once the work was ended."""
        if self._is_stopped:
            raise _StoppedError

    def end(self) -> None:
        """Ends what is not done."""
        self._is_stopped = True
        while self._thread is not None and self._thread.is_alive():
            self._worker.kill()
            self._thread.join(SHORT_S)

    def done(self) -> Done:
        """What was done.

        Raises:
            TargetError: Nothing was.
        """
        assert self._found is not None
        if isinstance(self._found, BaseException):
            raise self._found
        return self._found


def _whole(pieces: Sequence[Ran]) -> Ran:
    """What became of a file on all images, from what became of it on each part."""
    outputs = [piece.outputs for piece in pieces]
    if any(piece is None for piece in outputs):
        return next(piece for piece in pieces if piece.outputs is None)
    return Ran(pieces[0].answer, joined([piece for piece in outputs if piece is not None]))
