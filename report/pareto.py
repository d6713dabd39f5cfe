"""The plot of a search's front."""

from __future__ import annotations

import math

from ..artifact.results.export import FrontResult
from .block import Dot, Plot, Tick
from .numerals import decibels_of_noise

WIDTH, HEIGHT = 360, 250
FRAME = (30, 24, 350, 208)
"""Left, top, right and bottom of what the axes enclose."""

TICKS = 5
CLEANEST_DB = 150.0
"""Where a mix without noise is drawn."""


def pareto_plot(found: FrontResult) -> Plot:
    """Noise over time of all mixes, predicted for all and measured for those that were run."""
    costs = [mix.predicted_cost_over_fastest for mix in found.front]
    predicted = [decibels_of_noise(mix.predicted_noise) for mix in found.front]
    measured = {
        index: min(mix.measured_sqnr_db, CLEANEST_DB)
        for index, mix in enumerate(found.front)
        if mix.measured_sqnr_db is not None
    }
    x = _Axis(costs, FRAME[0], FRAME[2])
    y = _Axis([*predicted, *measured.values()], FRAME[3], FRAME[1])
    dots = [
        Dot(x.at(cost), y.at(value), "predicted", f"mix {index}: {value:.1f} dB predicted")
        for index, (cost, value) in enumerate(zip(costs, predicted, strict=True))
    ]
    dots += [
        Dot(x.at(costs[index]), y.at(value), "measured", f"mix {index}: {value:.1f} dB measured")
        for index, value in measured.items()
    ]
    height = measured.get(found.chosen, predicted[found.chosen])
    dots.append(
        Dot(x.at(costs[found.chosen]), y.at(height), "chosen", f"mix {found.chosen}: chosen")
    )
    return Plot(
        caption=f"SQNR over {found.unit} added to the fastest mix",
        description=(
            f"{len(costs)} mixes, from {predicted[0]:.1f} dB at the fastest to"
            f" {predicted[-1]:.1f} dB at {costs[-1]:.3f} {found.unit} more; mix {found.chosen} was"
            f" chosen, at {costs[found.chosen]:.3f} {found.unit} and {height:.1f} dB"
        ),
        width=WIDTH,
        height=HEIGHT,
        frame=FRAME,
        x_title=f"{found.unit} over the fastest mix",
        y_title="SQNR, dB",
        x_ticks=x.ticks(),
        y_ticks=y.ticks(),
        line=tuple((dot.x, dot.y) for dot in dots if dot.series == "predicted"),
        dots=tuple(dots),
    )


class _Axis:
    """Values laid out between two ends of a picture.

    Args:
        values: What must fit.
        start: Where the least lies.
        end: Where the greatest lies.
    """

    def __init__(self, values: list[float], start: int, end: int) -> None:
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
