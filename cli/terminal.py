"""The terminal: progress on stderr, results on stdout."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TextIO

from ..process.text import one_line, printable, shortened
from ..progress import Advance, Progress, SilentProgress
from .step_log import StepLog

if TYPE_CHECKING:
    from rich.console import Console

    from .step_bars import StepBars

LEAST_WIDTH = 110
"""Columns that a table needs; a narrower terminal wraps its lines, which loses nothing."""

PIPE_WIDTH = 160
"""Columns where stdout is a file or a pipe."""


@contextlib.contextmanager
def shown_progress(*, quiet: bool, worded: Callable[[str], str] = str) -> Iterator[Progress]:
    """What a command tells of its steps: on the terminal, or nowhere if it is to be quiet.

    Args:
        quiet: Whether it is.
        worded: What a user should know, as it is shown.
    """
    if quiet:
        yield QuietProgress(worded)
        return
    with TerminalProgress(worded) as progress:
        yield progress


class QuietProgress(SilentProgress):
    """Shows no steps; what a user should know is told all the same.

    Args:
        worded: What a user should know, as it is shown.
    """

    def __init__(self, worded: Callable[[str], str] = str) -> None:
        self._worded = worded

    def note(self, text: str) -> None:
        """See :class:`lowformer_edge.progress.Progress`."""
        say(f"warning: {self._worded(text)}")

    def ask(self, text: str) -> None:
        """See :class:`lowformer_edge.progress.Progress`."""
        say_lines(text)


class TerminalProgress:
    """Shows steps on what stderr was when the command started: as bars or as lines.

    Args:
        worded: What a user should know, as it is shown.
    """

    def __init__(self, worded: Callable[[str], str] = str) -> None:
        self._worded = worded
        self._stream = _stderr()

    def __enter__(self) -> TerminalProgress:
        return self

    def __exit__(self, *error: object) -> None:
        if self._stream is not sys.stderr:
            self._stream.close()

    @functools.cached_property
    def _console(self) -> Console:
        from .printable_console import PrintableConsole

        return PrintableConsole(file=self._stream)

    @functools.cached_property
    def _bars(self) -> StepBars:
        from .step_bars import StepBars

        return StepBars(self._console)

    def note(self, text: str) -> None:
        """See :class:`lowformer_edge.progress.Progress`."""
        say(f"warning: {self._worded(text)}")

    def ask(self, text: str) -> None:
        """See :class:`lowformer_edge.progress.Progress`."""
        say_lines(text)

    def tell(self, text: str) -> None:
        """See :class:`lowformer_edge.progress.Progress`."""
        say(text)

    @contextlib.contextmanager
    def step(self, description: str, total: int | None = None) -> Iterator[Advance]:
        """See :class:`lowformer_edge.progress.Progress`."""
        shown = self._bars if self._console.is_terminal else StepLog(self._write)
        with shown.step(description, total) as advance:
            yield advance

    def _write(self, line: str) -> None:
        print(printable(line), file=self._stream, flush=True)


def _stderr() -> TextIO:
    """A copy of stderr: converters' output is caught by redirecting the original descriptor."""
    try:
        stream = sys.stderr
        return os.fdopen(
            os.dup(stream.fileno()), "w", encoding=stream.encoding, errors=stream.errors
        )
    except io.UnsupportedOperation:
        # A notebook's, say, which has no descriptor.
        return sys.stderr


def say(message: object) -> None:
    """Prints a message on stderr as one line of characters that can be seen.

    Messages quote what is not ours: names of files, what hosts answer and runtimes say.
    """
    print(shortened(printable(one_line(message))), file=sys.stderr)


def say_lines(text: str) -> None:
    """Prints lines on stderr as they are, of characters that can be seen."""
    for line in text.splitlines():
        print(printable(line), file=sys.stderr, flush=True)


def tell(line: object) -> None:
    """Prints a line of a result on stdout, likewise of characters that can be seen."""
    print(printable(str(line)))


def result_console() -> Console:
    """Stdout, wide enough for a whole table where it is no terminal."""
    from .printable_console import PrintableConsole

    console = PrintableConsole()
    width = max(console.width, LEAST_WIDTH) if console.is_terminal else PIPE_WIDTH
    return PrintableConsole(width=width)
