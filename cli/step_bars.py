"""Steps of work as bars on a terminal, one below the other where they go on at the same time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from ..progress import Advance


class _Counted(ProgressColumn):
    """A column for steps that count something; empty for the others."""

    def __init__(self, column: ProgressColumn) -> None:
        super().__init__()
        self._column = column

    def render(self, task: Task) -> RenderableType:
        """See rich."""
        return Text() if task.fields["uncounted"] else self._column(task)


class StepBars:
    """Shows steps.

    Args:
        console: The terminal.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars: Progress | None = None
        self._open = 0

    @contextlib.contextmanager
    def step(self, description: str, total: int | None = None) -> Iterator[Advance]:
        """See :class:`lowformer_edge.progress.Progress`; steps may end in any order."""
        if self._bars is None:
            self._bars = self._shown()
        bars, self._open = self._bars, self._open + 1
        task = bars.add_task(description, total=total, uncounted=total is None)
        try:
            yield lambda count: bars.advance(task, count)
            bars.update(task, total=total or 1, completed=total or 1)
        finally:
            bars.stop_task(task)
            self._open -= 1
            if not self._open:
                self._bars = None
                bars.stop()

    def _shown(self) -> Progress:
        bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            _Counted(BarColumn()),
            _Counted(MofNCompleteColumn()),
            TimeElapsedColumn(),
            console=self._console,
        )
        bars.start()
        return bars
