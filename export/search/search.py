"""Finding the fastest file that keeps a bound on the loss.

What each choice costs in accuracy and in time is measured one by one; the solver orders mixes of
them between the fastest and the cleanest file, and the first that keeps the bound when it is run
for real is taken. Losses of points on so many images hang on chance too, and do not quite fall
from mix to mix: a few faster ones than the first that bisection comes upon are run as well.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence

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

STEP = 1 / 40
"""Of the time between the fastest mix and the cleanest, by how much mixes differ that are run."""

PATIENCE = 3
"""How many mixes in a row that lose too much end the look for faster ones."""


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
            proves the result; where the proof fails, the next slower mix is tried.
        bound: What must be kept.
        progress: Is told about each step.

    Raises:
        CheckError: No mix keeps the bound; the message tells the best.
    """
    guide, proof = halves(judged)
    runs = _Runs(task, mixes, file_of, trials, guide, bound)
    with progress.step("running mixes on the front", 1 + len(mixes).bit_length()) as advance:

        def kept(index: int) -> bool:
            is_kept = runs.kept(index)
            advance(1)
            return is_kept

        first = _first(kept, len(mixes))
        if first is not None and bound.max_drop is not None:
            _run_on(kept, _apart(runs.costs, first, -1))
    proven: list[MeasuredLoss] = []
    with progress.step("proving the chosen mix on other images"):
        for index in runs.candidates():
            proven.append(loss_on(task, proof, runs.outputs_of(index, proof)))
            if bound.kept(proven[-1]):
                tried = tuple(Tried(mix, runs.losses.get(k)) for k, mix in enumerate(mixes))
                return Found(mixes[index], proven[-1], tried, index, trials.unit)
    raise CheckError(_why_none([*runs.losses.values(), *proven], bound))


class _Runs:
    """Files of mixes, run on the images that guide the search.

    Attributes:
        costs: The mixes'.
        losses: Of mixes that were run, by their index.
    """

    def __init__(
        self,
        task: Task,
        mixes: Sequence[Mix],
        file_of: Callable[[Mix], bytes],
        trials: Trials,
        guide: Samples,
        bound: Bound,
    ) -> None:
        self.costs = [mix.cost for mix in mixes]
        self.losses: dict[int, MeasuredLoss] = {}
        self._task, self._mixes, self._file_of = task, mixes, file_of
        self._trials, self._guide, self._bound = trials, guide, bound
        self._files: dict[int, bytes] = {}

    def kept(self, index: int) -> bool:
        """Whether a mix keeps the bound."""
        if index not in self.losses:
            outputs = self.outputs_of(index, self._guide)
            self.losses[index] = loss_on(self._task, self._guide, outputs, self._bound)
        return self._bound.kept(self.losses[index])

    def outputs_of(self, index: int, samples: Samples) -> Outputs:
        """What a mix's file gives."""
        if index not in self._files:
            self._files.clear()  # one at a time: they may be large
            self._files[index] = self._file_of(self._mixes[index])
        return self._trials.outputs(self._files[index], samples.pixels)

    def candidates(self) -> Iterator[int]:
        """Mixes that keep the bound, from the fastest on; each is run when it is asked for."""
        good = [index for index in list(self.losses) if self.kept(index)]
        slower = _apart(self.costs, min(good), 1) if good else ()
        yield from (index for index in sorted({*good, *slower}) if self.kept(index))


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


def _run_on(kept: Callable[[int], bool], indices: Iterable[int]) -> None:
    """Asks for one index after the other, until several in a row are not kept."""
    missed = 0
    for index in indices:
        missed = 0 if kept(index) else missed + 1
        if missed == PATIENCE:
            return


def _apart(costs: Sequence[float], start: int, direction: int) -> Iterator[int]:
    """Indices from one on, in either direction, whose costs differ by a step; and the last one."""
    step = STEP * (costs[-1] - costs[0])
    last = 0 if direction < 0 else len(costs) - 1
    before = costs[start]
    while start != last:
        start += direction
        if start == last or abs(costs[start] - before) >= step:
            before = costs[start]
            yield start
