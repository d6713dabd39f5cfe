"""Values along a side of a plot."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .block import Tick

TICKS = 5


class Axis:
    """Values laid out between two ends of a picture.

    Args:
        values: What must fit.
        start: Where the least lies.
        end: Where the greatest lies.
    """

    def __init__(self, values: Sequence[float], start: int, end: int) -> None:
        low, high = min(values), max(values)
        self._step = _round_step((high - low or 1.0) / TICKS)
        self._low = math.floor(low / self._step)
        self._high = max(math.ceil(high / self._step), self._low + 1)
        self._start, self._end = start, end

    def at(self, value: float) -> float:
        """Where a value lies."""
        share = (value / self._step - self._low) / (self._high - self._low)
        return round(self._start + share * (self._end - self._start), 2)

    def ticks(self) -> tuple[Tick, ...]:
        """Round values from end to end."""
        numbers = [index * self._step for index in range(self._low, self._high + 1)]
        digits = max(0, -math.floor(math.log10(self._step)))
        return tuple(Tick(self.at(number), f"{number:.{digits}f}") for number in numbers)


def _round_step(least: float) -> float:
    """The least of 1, 2 and 5 times a power of ten that is not below a value."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)
