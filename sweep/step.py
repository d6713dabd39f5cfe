"""Pieces of work, and what has to be done before each."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import LowFormerEdgeError
from ..process.system_limit import limit_behind
from ..process.text import one_line


@dataclasses.dataclass(frozen=True)
class Step:
    """A piece of work that leaves files.

    Attributes:
        name: What it is called.
        function: Does it.
        argument: What that takes.
        results: Files that it leaves; where all of them are there, nothing is done.
        needs: Results of steps that must have gone well.
        after: Results of steps that must have ended, however.
        place: Where it measures, which only one step at a time does; empty if nowhere.
    """

    name: str
    function: Callable[[Any], None]
    argument: Any
    results: tuple[Path, ...]
    needs: tuple[Path, ...] = ()
    after: tuple[Path, ...] = ()
    place: str = ""

    @property
    def is_done(self) -> bool:
        """Whether its results are there."""
        return all(path.is_file() for path in self.results)

    def alone(self) -> Step:
        """The same without what it waits for, of which who does it need not be told."""
        return dataclasses.replace(self, needs=(), after=())


def do_step(step: Step) -> str | None:
    """Does a step, wherever this is.

    Args:
        step: The step.

    Returns:
        Why it failed, in a line; None where it did not.
    """
    if step.is_done:
        return None
    try:
        step.function(step.argument)
    except (LowFormerEdgeError, OSError) as error:
        return limit_behind(error) or one_line(error)
    except MemoryError:
        return "not enough memory; let fewer workers work at a time"
    return None
