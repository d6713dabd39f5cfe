"""How long work tells how far it has come, whoever listens."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

Advance = Callable[[int], object]
"""Takes how many more units of a step are done."""


class Progress(Protocol):
    """Listens to steps of work."""

    def step(self, description: str, total: int | None = None) -> AbstractContextManager[Advance]:
        """Announces a step for as long as the context lasts.

        Args:
            description: What is being done.
            total: Number of units, or None where the step does not count any.
        """
        ...

    def note(self, text: str) -> None:
        """Tells of something that a user should know, and that stops nothing."""
        ...

    def ask(self, text: str) -> None:
        """Tells what a user has to do before work goes on."""
        ...

    def tell(self, text: str) -> None:
        """Tells of something that went as it should, to whoever waits for it."""
        ...


class SilentProgress:
    """Listens and says nothing."""

    @contextlib.contextmanager
    def step(self, description: str, total: int | None = None) -> Iterator[Advance]:
        """See :class:`Progress`."""
        yield lambda count: None

    def note(self, text: str) -> None:
        """See :class:`Progress`."""

    def ask(self, text: str) -> None:
        """See :class:`Progress`."""

    def tell(self, text: str) -> None:
        """See :class:`Progress`."""


class PartOfStep:
    """Has steps within another one move that one on.

    Args:
        whole: Is told of all that is no step.
        advance: Of the step that is under way.
    """

    def __init__(self, whole: Progress, advance: Advance) -> None:
        self._whole, self._advance = whole, advance

    @contextlib.contextmanager
    def step(self, description: str, total: int | None = None) -> Iterator[Advance]:
        """See :class:`Progress`."""
        yield self._advance

    def note(self, text: str) -> None:
        """See :class:`Progress`."""
        self._whole.note(text)

    def ask(self, text: str) -> None:
        """See :class:`Progress`."""
        self._whole.ask(text)

    def tell(self, text: str) -> None:
        """See :class:`Progress`."""
        self._whole.tell(text)


class WarningProgress(SilentProgress):
    """Says nothing of steps, and warns of what a user should know, as Python does."""

    def note(self, text: str) -> None:
        """See :class:`Progress`."""
        warnings.warn(text, UserWarning, stacklevel=2)

    def ask(self, text: str) -> None:
        """See :class:`Progress`."""
        self.note(text)


QUIET: Progress = WarningProgress()
"""What the API's functions take where nobody listens."""
