"""Finding the fastest mix of precisions that keeps a bound on the loss.

What each op costs in accuracy is simulated, what it costs in time is measured on the runtime,
conversions around it included, or counted where there is only a simulator; the solver orders the
mixes between the fastest and the cleanest file, and the first that keeps the bound when it is run
for real is taken.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Mapping, Sequence

from torch import nn

from ...artifact.outputs import Outputs
from ...artifact.preprocessing import Preprocessing
from ...artifact.results.export import FrontResult, MixResult, ProofResult
from ...artifact.samples import Samples
from ...calibration.ranges import Ranges
from ...calibration.recipe import Recipe, Rule, quantizable_kinds
from ...calibration.sensitivity import loss_of_choices
from ...errors import CheckError, UsageError
from ...progress import Advance, Progress
from ...tasks.task import Task
from ..trials import Choices, Trials
from .solver import Choice, Mix, front

SENSITIVITY_IMAGES = 64


RESOLUTION = 0.0025
"""Share of the fastest file's time below which a difference is taken for noise."""

GROUP = 8
"""Files that are timed in turns with the fastest one."""


@dataclasses.dataclass(frozen=True)
class Bound:
    """How much may be lost.

    Attributes:
        max_drop: Points of what the task measures on annotated images, such as top-1, AP or mIoU,
            or of agreement on others.
        min_sqnr: SQNR in dB, of the output that is farthest off.
    """

    max_drop: float | None = None
    min_sqnr: float | None = None

    def __post_init__(self) -> None:
        values = [value for value in (self.max_drop, self.min_sqnr) if value is not None]
        if len(values) != 1 or not math.isfinite(values[0]) or values[0] < 0:
            raise UsageError("give one bound, `max_drop` or `min_sqnr`, of at least 0")

    def kept(self, loss: MeasuredLoss) -> bool:
        """Whether a loss is within the bound."""
        if self.min_sqnr is not None:
            return loss.sqnr_db >= self.min_sqnr
        assert self.max_drop is not None
        return loss.drop <= self.max_drop + 1e-9


@dataclasses.dataclass(frozen=True)
class MeasuredLoss:
    """What a file loses against the eager model.

    Attributes:
        drop: Points of what the task measures on annotated images, or of agreement on others.
        sqnr_db: SQNR in dB, of the output that is farthest off.
        images: Number of images.
    """

    drop: float
    sqnr_db: float
    images: int

    def record(self) -> ProofResult:
        """The same as it is written; an infinite ratio is None."""
        return ProofResult(
            drop_points=self.drop,
            sqnr_db=self.sqnr_db if math.isfinite(self.sqnr_db) else None,
            images=self.images,
        )


@dataclasses.dataclass(frozen=True)
class Tried:
    """A mix on the front; its loss is None where it was not run."""

    mix: Mix
    loss: MeasuredLoss | None

    def record(self) -> MixResult:
        """The same as it is written."""
        return MixResult(
            predicted_noise=self.mix.noise,
            predicted_cost_over_fastest=self.mix.cost,
            float_ops=self.mix.float_ops,
            measured_drop_points=self.loss.drop if self.loss else None,
            measured_sqnr_db=self.loss.sqnr_db if self.loss else None,
        )


@dataclasses.dataclass(frozen=True)
class Found:
    """The outcome of a search.

    Attributes:
        recipe: Of the mix that was taken.
        loss: Its loss on images that neither calibration nor search have seen.
        tried: The whole front, from the fastest mix to the cleanest.
        chosen: Index of the mix that was taken.
        unit: What the mixes' costs are counted in.
    """

    recipe: Recipe
    loss: MeasuredLoss
    tried: tuple[Tried, ...]
    chosen: int
    unit: str = "ms"

    def record(self) -> FrontResult:
        """The same as it is written."""
        return FrontResult(
            chosen=self.chosen,
            unit=self.unit,
            proof=self.loss.record(),
            front=tuple(tried.record() for tried in self.tried),
            recipe=self.recipe.to_dict(),
        )


def halves(samples: Samples) -> tuple[Samples, Samples]:
    """Every second image, and the others.

    Raises:
        UsageError: There are too few images to split.
    """
    if len(samples) < 2:
        raise UsageError("a search needs at least two evaluation images; give more")
    return samples.part(slice(0, None, 2)), samples.part(slice(1, None, 2))


def loss_on(task: Task, samples: Samples, outputs: Outputs) -> MeasuredLoss:
    """What outputs lose against the eager model's.

    Args:
        task: What the model is for.
        samples: Images with the eager model's outputs.
        outputs: Of a file for them.

    Raises:
        CheckError: They cannot be compared.
    """
    assert samples.outputs is not None
    parity = task.compare(samples.outputs, outputs, samples.truths, samples.name)
    assert parity.drop is not None
    decibels = math.inf if parity.sqnr_db == "exact" else parity.sqnr_db
    return MeasuredLoss(parity.drop, decibels, parity.images)


def search(
    task: Task,
    quantized: Callable[[Recipe], bytes],
    trials: Trials,
    model: nn.Module,
    ranges: Ranges,
    judged: Samples,
    preprocessing: Preprocessing,
    bound: Bound,
    progress: Progress,
    choices: Choices,
) -> Found:
    """Finds the fastest mix of precisions that keeps a bound.

    Args:
        task: What the model is for.
        quantized: Makes a file of a recipe.
        trials: Runs and times files.
        model: The rewritten eager model.
        ranges: Its activation ranges, of other images than ``judged``.
        judged: Images with the eager model's outputs. One half of them guides the search, the other
            proves the result; where the proof fails, the next cleaner mix is tried.
        preprocessing: Normalises images.
        bound: What must be kept.
        progress: Is told about each step.
        choices: Precisions that are tried for each kind of op.

    Raises:
        CheckError: No mix keeps the bound; the message tells the best.
    """
    guide, proof = halves(judged)
    mixes = _front(task, quantized, trials, model, ranges, guide, preprocessing, choices, progress)
    run: dict[int, MeasuredLoss] = {}

    def kept(index: int) -> bool:
        if index not in run:
            file = quantized(recipe_of(mixes[index]))
            run[index] = loss_on(task, guide, trials.outputs(file, guide.pixels))
        return bound.kept(run[index])

    with progress.step("running mixes on the front"):
        chosen = _first(kept, len(mixes))
    with progress.step("proving the chosen mix on other images"):
        for index in range(len(mixes) if chosen is None else chosen, len(mixes)):
            recipe = recipe_of(mixes[index])
            loss = loss_on(task, proof, trials.outputs(quantized(recipe), proof.pixels))
            if kept(index) and bound.kept(loss):
                tried = tuple(Tried(mix, run.get(place)) for place, mix in enumerate(mixes))
                return Found(recipe, loss, tried, index, trials.unit)
    best = max(run.values(), key=lambda loss: loss.sqnr_db)
    raise CheckError(
        f"no mix of precisions keeps the bound; the best loses {best.drop:.2f} points at"
        f" {best.sqnr_db:.1f} dB SQNR; loosen it, or export in fp16"
    )


def _front(
    task: Task,
    quantized: Callable[[Recipe], bytes],
    trials: Trials,
    model: nn.Module,
    ranges: Ranges,
    guide: Samples,
    preprocessing: Preprocessing,
    choices: Choices,
    progress: Progress,
) -> tuple[Mix, ...]:
    """The best mixes, from the fastest to the cleanest, by what each choice costs; see above."""
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
    return front(
        {
            path: [
                Choice(precision, losses[path][precision].noise, costs[path][precision])
                for precision in precisions
            ]
            for path, precisions in options.items()
        }
    )


def recipe_of(mix: Mix) -> Recipe:
    """The recipe that gives every op its precision in a mix."""
    return Recipe(
        tuple(
            Rule(precision, name=f"^{re.escape(path)}$")
            for path, precision in mix.precisions.items()
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
    base = quantized(recipe_of(Mix(fastest, 0, 0)))
    costs = {path: {precisions[0]: 0.0} for path, precisions in options.items()}
    others = [(path, choice) for path, precisions in options.items() for choice in precisions[1:]]
    for start in range(0, len(others), GROUP):
        group = others[start : start + GROUP]
        files = {
            f"{path} {choice}": quantized(recipe_of(Mix({**fastest, path: choice}, 0, 0)))
            for path, choice in group
        }
        times = trials.costs({"": base, **files})
        for path, choice in group:
            difference = times[f"{path} {choice}"] - times[""]
            costs[path][choice] = max(difference, RESOLUTION * times[""])
        advance(len(group))
    return costs


def _first(kept: Callable[[int], bool], count: int) -> int | None:
    """The first index that is kept, where those after a kept one are kept too; or None."""
    if not kept(count - 1):
        return None
    low, high = 0, count - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if kept(middle) else (middle + 1, high)
    return low
