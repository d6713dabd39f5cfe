"""What each precision of each op costs in accuracy, which is simulated, and in time."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from torch import nn

from ...artifact.preprocessing import Preprocessing
from ...artifact.samples import Samples
from ...calibration.ranges import Ranges
from ...calibration.recipe import Recipe, Rule, quantizable_kinds
from ...calibration.sensitivity import loss_of_choices
from ...progress import Advance, Progress
from ...tasks.task import Task
from ..trials import Choices, Trials
from .solver import Choice

SENSITIVITY_IMAGES = 64

RESOLUTION = 0.0025
"""Share of the fastest file's time below which a difference is taken for noise."""

GROUP = 8
"""Files that are timed in turns with the fastest one."""


def precision_choices(
    task: Task,
    quantized: Callable[[Recipe], bytes],
    trials: Trials,
    model: nn.Module,
    ranges: Ranges,
    guide: Samples,
    preprocessing: Preprocessing,
    choices: Choices,
    progress: Progress,
) -> dict[str, list[Choice]]:
    """The precisions that each op may have, with what they cost.

    Args:
        task: What the model is for.
        quantized: Makes a file of a recipe.
        trials: Times files.
        model: The rewritten eager model.
        ranges: Its activation ranges, of other images than ``guide``.
        guide: What the loss is taken on.
        preprocessing: Normalises images.
        choices: Precisions that are tried for each kind of op.
        progress: Is told about each step.

    Returns:
        By module path; the first of each op is that of the fastest file.
    """
    kinds = quantizable_kinds(model)
    options = {path: choices[kind] for path, kind in kinds.items()}
    count = sum(map(len, options.values()))
    with progress.step("simulating each choice", count) as advance:
        few = guide.first(SENSITIVITY_IMAGES)
        losses = loss_of_choices(
            task, model, ranges, options, few, preprocessing, lambda: advance(1)
        )
    with progress.step("timing each choice", count - len(options)) as advance:
        costs = _costs(quantized, trials, options, advance)
    return {
        path: [
            Choice(precision, losses[path][precision].noise, costs[path][precision])
            for precision in precisions
        ]
        for path, precisions in options.items()
    }


def recipe_of(precisions: Mapping[str, str]) -> Recipe:
    """The recipe that gives every op its precision, by module path."""
    return Recipe(
        tuple(
            Rule(precision, name=f"^{re.escape(path)}$") for path, precision in precisions.items()
        )
    )


def _costs(
    quantized: Callable[[Recipe], bytes],
    trials: Trials,
    options: Mapping[str, Sequence[str]],
    advance: Advance,
) -> dict[str, dict[str, float]]:
    """What each choice costs over the op's first one, in the fastest file."""
    fastest = {path: precisions[0] for path, precisions in options.items()}
    base = quantized(recipe_of(fastest))
    costs = {path: {precisions[0]: 0.0} for path, precisions in options.items()}
    others = [(path, choice) for path, precisions in options.items() for choice in precisions[1:]]
    for start in range(0, len(others), GROUP):
        group = others[start : start + GROUP]
        files = {
            f"{path} {choice}": quantized(recipe_of({**fastest, path: choice}))
            for path, choice in group
        }
        times = trials.costs({"": base, **files})
        for path, choice in group:
            difference = times[f"{path} {choice}"] - times[""]
            costs[path][choice] = max(difference, RESOLUTION * times[""])
        advance(len(group))
    return costs
