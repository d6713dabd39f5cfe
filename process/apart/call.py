"""A call of a function by a process of its own, and what comes of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from ...errors import LowFormerEdgeError
from ...progress import Progress

Function = Callable[[Any, Progress], Any]
"""Takes an argument, and what it tells its progress to."""


@dataclasses.dataclass(frozen=True)
class Call:
    """A function that is to be called.

    Attributes:
        name: What the call is for; shown with its steps.
        function: At the top of a module that is not the main program.
        argument: What it takes, and, as what it returns, can be pickled.
        threads: Of OpenMP in the process that does it.
    """

    name: str
    function: Function
    argument: Any
    threads: int = 1


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of a call.

    Attributes:
        value: What the function returned.
        error: What it raised in place of that.
        ended: How its process ended that did neither, such as ``was ended by SIGKILL``.
    """

    value: Any = None
    error: LowFormerEdgeError | None = None
    ended: str = ""
