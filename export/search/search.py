"""Finding the fastest file that keeps a bound on the loss.

What each choice costs in accuracy and in time is measured one by one; the solver orders mixes of
them between the fastest and the cleanest file, and the first that keeps the bound when it is run
for real is taken.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from ...artifact.outputs import Outputs
from ...artifact.results.export import FrontResult, MixResult
from ...artifact.samples import Samples
from ...calibration.recipe import Recipe
from ...errors import CheckError
from ...progress import Progress
from ...tasks.task import Task
from ..trials import Trials
from .bound import Bound, MeasuredLoss, halves, loss_on
from .precisions import recipe_of
from .solver import Mix


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
            **({"channels": self.mix.channels} if self.mix.widths else {}),
        )


@dataclasses.dataclass(frozen=True)
class Found:
    """The outcome of a search.

    Attributes:
        mix: That was taken.
        loss: Its loss on images that neither calibration nor search have seen.
        tried: The whole front, from the fastest mix to the cleanest.
        chosen: Index of the mix that was taken.
        unit: What the mixes' costs are counted in.
    """

    mix: Mix
    loss: MeasuredLoss
    tried: tuple[Tried, ...]
    chosen: int
    unit: str = "ms"

    @property
    def recipe(self) -> Recipe:
        """The precision of each op."""
        return recipe_of(self.mix.precisions)

    def record(self) -> FrontResult:
        """The same as it is written."""
        return FrontResult(
            chosen=self.chosen,
            unit=self.unit,
            proof=self.loss.record(),
            front=tuple(tried.record() for tried in self.tried),
            recipe=self.recipe.to_dict(),
        )


def search(
    task: Task,
    mixes: Sequence[Mix],
    file_of: Callable[[Mix], bytes],
    trials: Trials,
    judged: Samples,
    bound: Bound,
    progress: Progress,
) -> Found:
    """Finds the first mix of a front that keeps a bound.

    Args:
        task: What the model is for.
        mixes: From the fastest to the cleanest.
        file_of: Makes a file of a mix.
        trials: Runs files.
        judged: Images with the eager model's outputs. One half of them guides the search, the other
            proves the result; where the proof fails, the next cleaner mix is tried.
        bound: What must be kept.
        progress: Is told about each step.

    Raises:
        CheckError: No mix keeps the bound; the message tells the best.
    """
    guide, proof = halves(judged)
    files: dict[int, bytes] = {}
    run: dict[int, MeasuredLoss] = {}

    def outputs_of(index: int, samples: Samples) -> Outputs:
        if index not in files:
            files.clear()  # one at a time: they may be large
            files[index] = file_of(mixes[index])
        return trials.outputs(files[index], samples.pixels)

    def kept(index: int) -> bool:
        if index not in run:
            run[index] = loss_on(task, guide, outputs_of(index, guide), bound)
        return bound.kept(run[index])

    proven: list[MeasuredLoss] = []
    with progress.step("running mixes on the front", 1 + len(mixes).bit_length()) as advance:

        def kept_and_told(index: int) -> bool:
            is_kept = kept(index)
            advance(1)
            return is_kept

        chosen = _first(kept_and_told, len(mixes))
    with progress.step("proving the chosen mix on other images"):
        for index in range(len(mixes) if chosen is None else chosen, len(mixes)):
            proven.append(loss_on(task, proof, outputs_of(index, proof)))
            if bound.kept(proven[-1]) and kept(index):
                tried = tuple(Tried(mix, run.get(place)) for place, mix in enumerate(mixes))
                return Found(mixes[index], proven[-1], tried, index, trials.unit)
    raise CheckError(_why_none([*run.values(), *proven], bound))


def _why_none(losses: Sequence[MeasuredLoss], bound: Bound) -> str:
    """Why no mix was taken."""
    best = max(losses, key=lambda loss: loss.sqnr_db)
    text = (
        f"no mix keeps the bound; the best loses {best.drop:.2f} points at"
        f" {best.sqnr_db:.1f} dB SQNR"
    )
    needed = [bound.images_to_tell(loss) for loss in losses]
    enough = min((count for count in needed if count is not None), default=None)
    if enough is not None and enough > best.images:
        return (
            f"{text}, and {best.images} images are too few to tell that it is no more than"
            f" {bound.max_high:g}: give at least {2 * enough} evaluation images, one half of which"
            " guides and one proves"
        )
    return f"{text}; loosen it, or export in fp16"


def _first(kept: Callable[[int], bool], count: int) -> int | None:
    """The first index that is kept, where those after a kept one are kept too; or None."""
    if not kept(count - 1):
        return None
    low, high = 0, count - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if kept(middle) else (middle + 1, high)
    return low
