"""How far a sweep has come, and when it will have ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .cell import Cell
from .estimate import estimate_seconds
from .plan import Plan
from .step import Step

_DAY_S = 86_400


class Tally:
    """Counts a sweep's cells as steps end.

    A cell is done when all its steps have ended, and failed where one of them did.

    Args:
        plan: The sweep's.
        left: Its steps that are to be done.
        jobs: How many steps that measure nothing are done at a time.
        clock: Seconds since the epoch.
    """

    def __init__(
        self, plan: Plan, left: Sequence[Step], jobs: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._jobs, self._clock, self._begun = jobs, clock, clock()
        self._left = {step.results: step for step in left}
        self._whole_s = estimate_seconds(self._left.values(), jobs)
        made = {path for step in left for path in step.results}
        self._results = {
            cell: made.intersection(paths) for cell, paths in results_of_cells(plan).items()
        }
        self._failed: set[Cell] = set()

    def count(self, step: Step, failure: str | None) -> list[Cell]:
        """Takes a step that has ended, and why it failed; the cells that are done by it."""
        del self._left[step.results]
        ended = []
        for cell, results in self._results.items():
            if results.isdisjoint(step.results):
                continue
            results.difference_update(step.results)
            if failure is not None:
                self._failed.add(cell)
            if not results:
                ended.append(cell)
        return ended

    def told(self, working: int) -> str:
        """How far it has come, in a line.

        Args:
            working: How many steps are being done.
        """
        done = sum(not results for results in self._results.values())
        failed = f", {len(self._failed)} failed" if self._failed else ""
        end = f"; ends at about {self._end()}" if self._left else ""
        at_work = f", {working} step(s) at work" if self._left else ""
        return f"{done} of {len(self._results)} cells{failed}{at_work}{end}"

    def _end(self) -> str:
        left_s = estimate_seconds(self._left.values(), self._jobs)
        elapsed = self._clock() - self._begun
        seconds = elapsed * left_s / (self._whole_s - left_s)
        told = "%H:%M" if seconds < _DAY_S / 2 else "%a %d %b, %H:%M"
        return time.strftime(told, time.localtime(self._clock() + seconds))


def results_of_cells(plan: Plan) -> Mapping[Cell, Sequence[Path]]:
    """Every file that a cell's result hangs on."""
    timed: dict[Cell, list[Path]] = {cell: [] for cell in plan.cells}
    for one in plan.timed:
        timed[one.cell].append(one.result)
    return {cell: (plan.exports[cell], *plan.parts[cell], *timed[cell]) for cell in plan.cells}
