"""Workers in processes of their own on this machine, emulated or not."""

from __future__ import annotations

import contextlib
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..errors import TargetError
from ..process.ending import how_ended, kill_group
from ..process.limits import LONGEST_SILENCE_S
from ..process.system_limit import scratch_folder
from ..process.watch import Watch
from ..progress import Advance
from ..runtime.work import worker

MODULE = worker.__name__


class WorkerEndedError(TargetError):
    """A worker ended before its work was done.

    Attributes:
        how: Such as ``was ended by SIGSEGV``.
    """

    def __init__(self, where: str, how: str) -> None:
        super().__init__(f"{where}: the worker {how}")
        self.how = how


def run_worker(
    command: Sequence[str],
    environment: Mapping[str, str],
    where: str,
    advance: Advance,
    patience: float = LONGEST_SILENCE_S,
) -> None:
    """Runs a worker to its end; an interrupt ends it too.

    Args:
        command: The worker's command line.
        environment: All its variables.
        where: What it runs on, for messages.
        advance: Is told of each number of inferences done.
        patience: Seconds without one, after which it is ended.

    Raises:
        WorkerEndedError: It failed, died, or made no progress.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        with subprocess.Popen(  # noqa: S603 - our own command lines
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                assert process.stdout is not None
                with Watch(patience, lambda: kill_group(process)) as watch:
                    for line in process.stdout:
                        word, _, count = line.partition(" ")
                        if word == worker.ADVANCE:
                            watch.note()
                            advance(int(count))
                    code = process.wait()
            finally:
                kill_group(process)
        if watch.is_over:
            raise WorkerEndedError(where, watch.how())
        if code:
            errors.seek(0)
            raise WorkerEndedError(where, ending(code, errors.read()))


def ending(code: int, printed: str) -> str:
    """How a worker ended that did not end well, with the last that it said of its last file."""
    said = re.split(rf"^{worker.BEGIN}.*$", printed, flags=re.MULTILINE)[-1]
    return how_ended(code, said)


@contextlib.contextmanager
def job_folder() -> Iterator[Path]:
    """A folder for a job, in which ``lowformer_edge`` can be imported too."""
    with scratch_folder() as folder:
        (folder / "lowformer_edge").symlink_to(Path(__file__).parents[1])
        yield folder
