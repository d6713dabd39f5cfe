"""A worker on this machine that does one job after the other, since starting one takes seconds."""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TextIO

from ..process.ending import kill_group
from ..process.limits import LONGEST_SILENCE_S
from ..process.watch import Watch
from ..progress import Advance
from ..runtime.work import worker
from .worker_process import MODULE, WorkerEndedError, ending


@dataclasses.dataclass(frozen=True)
class _Job:
    """The arguments of :meth:`StandingWorker.do`."""

    folder: Path
    where: str
    advance: Advance
    patience: float


class StandingWorker:
    """A process that is started for the first job, and again after one that ended it.

    It ends with this process, with its variables' next change, or where no job comes for a while.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._errors: TextIO | None = None
        self._environment: dict[str, str] = {}
        self._owner = 0

    def do(
        self,
        folder: Path,
        where: str,
        advance: Advance,
        patience: float = LONGEST_SILENCE_S,
    ) -> None:
        """Has it do the job in a folder; an interrupt ends it.

        Args:
            folder: The job's, see :func:`.write_job`.
            where: What it runs on, for messages.
            advance: Is told of each number of inferences done.
            patience: Seconds without one, after which it is ended.

        Raises:
            WorkerEndedError: It failed, died, or made no progress.
        """
        job = _Job(folder, where, advance, patience)
        with self._lock:
            try:
                # One that just ended for want of a job has not begun this one.
                begun = self._ask(job) or self._ask(job)
                if not begun:
                    raise WorkerEndedError(where, "ended without a word")
            except BaseException:
                self.end()
                raise

    def kill(self) -> None:
        """Kills what runs, for whoever waits in :meth:`do` in another thread."""
        process = self._process
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                kill_group(process)

    def end(self) -> None:
        """Ends it, if it runs."""
        process, self._process = self._process, None
        if process is not None and self._owner == os.getpid():
            kill_group(process)
            process.wait()
            for stream in (process.stdin, process.stdout):
                assert stream is not None
                with contextlib.suppress(OSError):
                    stream.close()
        if self._errors is not None:
            self._errors.close()
            self._errors = None

    def _ask(self, job: _Job) -> bool:
        """Gives it a job, and waits for its end; False where it had ended before it began.

        Raises:
            WorkerEndedError: It ended after it had begun, or was ended.
        """
        process, errors = self._running()
        said_before = errors.seek(0, os.SEEK_END)
        assert process.stdin is not None
        assert process.stdout is not None
        begun = False
        with (
            Watch(job.patience, lambda: kill_group(process)) as watch,
            contextlib.suppress(BrokenPipeError),
        ):
            process.stdin.write(json.dumps(str(job.folder)) + "\n")
            process.stdin.flush()
            for line in process.stdout:
                word, _, count = line.rstrip("\n").partition(" ")
                begun = begun or word == worker.BEGUN
                if word == worker.ADVANCE:
                    watch.note()
                    job.advance(int(count))
                elif word == worker.DONE:
                    return True
        code = process.wait()
        errors.seek(said_before)
        printed = errors.read()
        self.end()
        if watch.is_over:
            raise WorkerEndedError(job.where, watch.how())
        if code or begun:
            raise WorkerEndedError(job.where, ending(code, printed))
        return False

    def _running(self) -> tuple[subprocess.Popen[str], TextIO]:
        """The process, started if need be, and what it prints on stderr."""
        environment = dict(os.environ)
        if self._process is not None and (
            self._process.poll() is not None
            or self._environment != environment
            or self._owner != os.getpid()
        ):
            self.end()
        if self._process is None or self._errors is None:
            self._environment, self._owner = environment, os.getpid()
            self._errors = tempfile.TemporaryFile(  # noqa: SIM115 - lives as long as the process
                "w+", encoding="utf-8", errors="replace"
            )
            self._process = subprocess.Popen(  # noqa: S603 - our own command line
                [sys.executable, "-m", MODULE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
        return self._process, self._errors


STANDING_WORKER = StandingWorker()
"""This process's."""

_WORKERS = [STANDING_WORKER]

atexit.register(STANDING_WORKER.end)


def standing_workers(count: int) -> list[StandingWorker]:
    """As many of this process's workers, :data:`STANDING_WORKER` first."""
    while len(_WORKERS) < count:
        _WORKERS.append(StandingWorker())
        atexit.register(_WORKERS[-1].end)
    return _WORKERS[:count]
