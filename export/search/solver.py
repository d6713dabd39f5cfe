"""Which mix of precisions and widths is the fastest for a bound on the noise.

Each op has precisions to choose from, and each hidden layer widths, with the noise
that each adds to the logits and the time that it takes. Noises and times are taken to add up. The
fastest mix below a noise bound is then a multiple-choice knapsack; its Lagrangian relaxation is
solved exactly, which gives every mix on the lower convex hull of the front (Sinha and Zoltners,
1979), and mixes in between never matter by more than one choice.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence

from ..pruning.hidden_layer import LayerWidth


@dataclasses.dataclass(frozen=True)
class Choice:
    """A precision that an op may have, or a width of a hidden layer.

    Attributes:
        value: The precision's name, or the width.
        noise: Power of the logits' difference over the logits' power, this alone being so.
        cost: Milliseconds, relative to any one of the same op's or layer's choices.
    """

    value: str | LayerWidth
    noise: float
    cost: float


@dataclasses.dataclass(frozen=True)
class Mix:
    """A precision for every op and a width for every hidden layer, with what is predicted of them.

    Attributes:
        values: What was chosen, by module path.
        noise: Sum of the choices' noises.
        cost: Sum of the choices' costs in milliseconds.
    """

    values: Mapping[str, str | LayerWidth]
    noise: float
    cost: float

    @property
    def precisions(self) -> dict[str, str]:
        """Of ops, by module path."""
        return {path: value for path, value in self.values.items() if isinstance(value, str)}

    @property
    def widths(self) -> dict[str, LayerWidth]:
        """Of hidden layers, by module path."""
        return {path: value for path, value in self.values.items() if isinstance(value, LayerWidth)}

    @property
    def channels(self) -> int:
        """Of all hidden layers together."""
        return sum(width.channels for width in self.widths.values())

    @property
    def float_ops(self) -> int:
        """How many ops are left in float."""
        return sum(precision in ("fp16", "fp32") for precision in self.precisions.values())


def front(choices: Mapping[str, Sequence[Choice]]) -> tuple[Mix, ...]:
    """The mixes on the convex front of noise and cost.

    Args:
        choices: The choices of each op and hidden layer, at least one, by module path.

    Returns:
        From the fastest mix to the one with the least noise; each has less noise and costs more
        than the one before. Neighbours differ in one of them.
    """
    hulls = {path: convex_hull(options) for path, options in choices.items()}
    current = {path: hull[0] for path, hull in hulls.items()}
    steps = [
        (_gain(before, after), path, after)
        for path, hull in hulls.items()
        for before, after in itertools.pairwise(hull)
    ]
    # Within an op the gains fall along its hull, so that sorting keeps its steps in order.
    steps.sort(key=lambda step: -step[0])
    mixes = [_mix(current)]
    for _, path, choice in steps:
        current[path] = choice
        mixes.append(_mix(current))
    return tuple(mixes)


def convex_hull(options: Sequence[Choice]) -> tuple[Choice, ...]:
    """The choices that are best for some price of noise, from the cheapest to the least noisy."""
    ordered = sorted(options, key=lambda choice: (choice.cost, choice.noise))
    hull: list[Choice] = []
    for choice in ordered:
        if hull and choice.noise >= hull[-1].noise:
            continue
        while len(hull) > 1 and _gain(hull[-2], hull[-1]) <= _gain(hull[-1], choice):
            hull.pop()
        hull.append(choice)
    return tuple(hull)


def _gain(before: Choice, after: Choice) -> float:
    """Noise that is saved for each millisecond."""
    cost = after.cost - before.cost
    return float("inf") if cost <= 0 else (before.noise - after.noise) / cost


def _mix(current: Mapping[str, Choice]) -> Mix:
    return Mix(
        {path: choice.value for path, choice in current.items()},
        sum(choice.noise for choice in current.values()),
        sum(choice.cost for choice in current.values()),
    )
