"""The plot of a search's front."""

from __future__ import annotations

from ..artifact.results.export import FrontResult
from .axis import Axis
from .block import Dot, Plot
from .numerals import decibels_of_noise

WIDTH, HEIGHT = 360, 250
FRAME = (30, 24, 350, 208)
"""Left, top, right and bottom of what the axes enclose."""

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
    x = Axis(costs, FRAME[0], FRAME[2])
    y = Axis([*predicted, *measured.values()], FRAME[3], FRAME[1])
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
