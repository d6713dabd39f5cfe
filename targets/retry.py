"""Doing again what a lost connection cut short."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from ..errors import TargetError

PAUSES_S = (1.0, 4.0)
"""Before each new attempt."""

Value = TypeVar("Value")


class LostError(TargetError):
    """A connection broke where nothing is lost by beginning anew.

    Attributes:
        reached: Whether the other side had answered before.
    """

    def __init__(self, message: str, *, reached: bool = True) -> None:
        super().__init__(message)
        self.reached = reached


def insist(action: Callable[[], Value]) -> Value:
    """Does something that may be done twice, and again if the connection was lost.

    Raises:
        LostError: It was lost each time, or the other side did not answer to begin with: what was
            never there does not come back in a few seconds.
    """
    for number, pause in enumerate((*PAUSES_S, None)):
        try:
            return action()
        except LostError as error:
            if pause is None or (number == 0 and not error.reached):
                raise
        time.sleep(pause)
    raise AssertionError("the last attempt raises or returns")
