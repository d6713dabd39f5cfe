"""A clock for tests."""

from __future__ import annotations


class Clock:
    """Is moved by hand.

    Attributes:
        now: The time that it tells, in seconds.
    """

    now = 0.0

    def __call__(self) -> float:
        return self.now
