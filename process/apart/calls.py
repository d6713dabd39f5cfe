"""Calls that are done by processes of their own, several at a time."""

from __future__ import annotations

import functools
import queue
import shutil
from collections.abc import Sequence
from pathlib import Path

from ...progress import Progress
from ..interrupt import deferred_interrupt
from .call import Call, Outcome
from .child_process import ChildProcess
from .heard_progress import HeardProgress
from .travel import load_object


def run_calls(calls: Sequence[Call], jobs: int, folder: Path, progress: Progress) -> list[Outcome]:
    """Has calls done, each in a fresh process; an interrupt ends all of them.

    A child is a new interpreter and no copy of this one: what was loaded or changed here is not so
    there. If this process is killed, its children notice and end.

    Args:
        calls: What is to be called.
        jobs: How many processes work at a time.
        folder: Where they work, to which other users cannot write; nothing stays there.
        progress: Is told about each step of each call, by this thread.

    Returns:
        What came of each call, in their order.

    Raises:
        CannotTravelError: A call cannot be sent to another process.
    """
    running = _Running(calls, folder, progress)
    try:
        running.start(jobs)
        while running.children:
            running.hear()
            running.start(jobs)
    finally:
        running.end()
    return [running.outcomes[number] for number in range(len(calls))]


class _Running:
    """The children of one run.

    Attributes:
        children: Those that work, by their call's number.
        outcomes: What came of the others, likewise.
    """

    def __init__(self, calls: Sequence[Call], folder: Path, progress: Progress) -> None:
        self.children: dict[int, ChildProcess] = {}
        self.outcomes: dict[int, Outcome] = {}
        self._calls = calls
        self._folder = folder
        self._heard = [HeardProgress(call.name, progress) for call in calls]
        self._begun = 0
        self._lines: queue.SimpleQueue[tuple[int, str | None]] = queue.SimpleQueue()

    def start(self, jobs: int) -> None:
        """Starts children as long as fewer than so many work, and calls are left."""
        while len(self.children) < jobs and self._begun < len(self._calls):
            number = self._begun
            self._begun += 1
            place = self._place(number)
            tell = functools.partial(self._tell, number)
            with deferred_interrupt():
                place.mkdir()
                self.children[number] = ChildProcess(self._calls[number], place, tell)

    def hear(self) -> None:
        """Waits for what one of them tells next, be it by its end."""
        number, line = self._lines.get()
        if line is not None:
            self._heard[number].hear(line)
            return
        child, heard = self.children[number], self._heard[number]
        ended = child.ended()
        if heard.error or ended:
            self.outcomes[number] = Outcome(error=heard.error, ended="" if heard.error else ended)
        else:
            self.outcomes[number] = Outcome(load_object(child.result))
        self._clear(number)

    def end(self) -> None:
        """Ends those that still work."""
        for number in list(self.children):
            self._clear(number)

    def _clear(self, number: int) -> None:
        """Leaves nothing of a child."""
        with deferred_interrupt():
            self.children.pop(number).end()
            shutil.rmtree(self._place(number))
        self._heard[number].close()

    def _place(self, number: int) -> Path:
        return self._folder / f"call-{number}"

    def _tell(self, number: int, line: str | None) -> None:
        self._lines.put((number, line))
