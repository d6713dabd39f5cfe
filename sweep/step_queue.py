"""Which steps can be done, by which have ended."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from pathlib import Path

from .step import Step


class StepQueue:
    """Steps that wait for each other.

    Args:
        steps: The steps; what they wait for and none of these makes, is there already.

    Attributes:
        failures: Why steps failed, by their results.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self.failures: dict[Path, str] = {}
        made = {path for step in steps for path in step.results}
        self._waiting: dict[int, set[Path]] = {}
        self._steps = dict(enumerate(steps))
        self._waiters: dict[Path, list[int]] = defaultdict(list)
        for number, step in self._steps.items():
            self._waiting[number] = made.intersection((*step.needs, *step.after))
            for path in self._waiting[number]:
                self._waiters[path].append(number)
        self._free = deque(number for number, paths in self._waiting.items() if not paths)

    def ready(self) -> list[Step]:
        """Steps that wait for nothing any more; each is told once."""
        steps = [self._steps[number] for number in self._free]
        self._free.clear()
        return steps

    def end(self, step: Step, failure: str | None) -> list[tuple[Step, str]]:
        """Takes a step that has ended.

        Args:
            step: The step.
            failure: Why it failed; None where it did not.

        Returns:
            Steps that have thereby failed too, with the reason: they need its results.
        """
        failed: list[tuple[Step, str]] = []
        ended = deque([(step, failure)])
        while ended:
            one, reason = ended.popleft()
            if reason is not None:
                self.failures |= dict.fromkeys(one.results, reason)
            for number in self._freed_by(one):
                freed = self._steps[number]
                if self.failures.keys().isdisjoint(freed.needs):
                    self._free.append(number)
                else:
                    failed.append((freed, "what it needs failed"))
                    ended.append(failed[-1])
        return failed

    def _freed_by(self, step: Step) -> list[int]:
        """Steps that waited for nothing else."""
        freed = []
        for path in step.results:
            for number in self._waiters.pop(path, ()):
                self._waiting[number].discard(path)
                if not self._waiting[number]:
                    freed.append(number)
        return freed
