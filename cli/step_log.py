"""Steps of work as lines of a log, where no terminal shows a moving bar."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from ..process.text import printable
from ..progress import Advance

TOLD_S = 5.0
"""Seconds from which on a step's duration is told."""

HEARTBEAT_S = 60.0
"""Seconds between lines that say that a step goes on."""


class StepLog:
    """Tells when a step begins, that it goes on, and how long it took if that was long.

    Args:
        write: Writes a line.
        told_s: Seconds from which on a duration is told.
        heartbeat_s: Seconds between lines about a step that goes on.
    """

    def __init__(
        self,
        write: Callable[[str], object],
        told_s: float = TOLD_S,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._write = write
        self._told_s = told_s
        self._heartbeat_s = heartbeat_s

    @contextlib.contextmanager
    def step(self, description: str, total: int | None = None) -> Iterator[Advance]:
        """See :class:`lowformer_edge.progress.Progress`."""
        name, start, done = printable(description), time.monotonic(), [0]

        def advance(count: int) -> None:
            done[0] += count

        def told() -> str:
            share = f", {100 * done[0] // total} %" if total else ""
            return f"{name}: {shown_duration(time.monotonic() - start)} so far{share}"

        self._write(f"{name} ...")
        ending = "stopped after"
        with self._heartbeat(told):
            try:
                yield advance
                ending = "took"
            finally:
                if (elapsed := time.monotonic() - start) >= self._told_s:
                    self._write(f"{name}: {ending} {shown_duration(elapsed)}")

    @contextlib.contextmanager
    def _heartbeat(self, told: Callable[[], str]) -> Iterator[None]:
        ended = threading.Event()

        def beat() -> None:
            # Who reads stderr may have left; that is for the work itself to find out.
            with contextlib.suppress(OSError, ValueError):
                while not ended.wait(self._heartbeat_s):
                    self._write(told())

        thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def shown_duration(seconds: float) -> str:
    """A duration such as ``7 s``, ``2 min 5 s`` or ``1 h 0 min``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
