"""Progress that a parent hears from a child process, passed on with the name of its call."""

from __future__ import annotations

import contextlib
import json

from ... import errors
from ...errors import LowFormerEdgeError
from ...progress import Advance, Progress
from .told_progress import ADVANCE, ASK, BEGIN, END, FAILED, NOTE, TELL


class _StoppedError(Exception):
    """A step did not come to its end."""


class HeardProgress:
    """Passes on what one child tells.

    Args:
        name: Of its call; put before steps that do not say it.
        progress: Is told.

    Attributes:
        error: What the call raised, if it did.
    """

    def __init__(self, name: str, progress: Progress) -> None:
        self.error: LowFormerEdgeError | None = None
        self._name = name
        self._progress = progress
        self._steps: list[tuple[contextlib.ExitStack, Advance]] = []

    def hear(self, line: str) -> None:
        """Takes an event."""
        kind, *values = json.loads(line)
        if kind == BEGIN:
            self._begin(*values)
        elif kind == ADVANCE:
            depth, count = values
            self._steps[depth][1](count)
        elif kind == END:
            self._end(*values)
        elif kind == FAILED:
            self.error = _error_of(*values)
        elif kind in (NOTE, ASK, TELL):
            getattr(self._progress, kind)(*values)

    def close(self) -> None:
        """Leaves the steps that a child was in when it ended."""
        while self._steps:
            self._end(False)

    def _begin(self, description: str, total: int | None) -> None:
        is_named = self._name.casefold() in description.casefold()
        named = description if is_named else f"{self._name}: {description}"
        stack = contextlib.ExitStack()
        self._steps.append((stack, stack.enter_context(self._progress.step(named, total))))

    def _end(self, is_whole: bool) -> None:
        stack, _ = self._steps.pop()
        with contextlib.suppress(_StoppedError), stack:
            if not is_whole:
                raise _StoppedError


def _error_of(kind: str, message: str) -> LowFormerEdgeError:
    found: type[LowFormerEdgeError] = getattr(errors, kind)
    return found(message)
