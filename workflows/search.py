"""The search for the fastest mix of precisions that keeps a bound, within an export."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from ..artifact.samples import Samples
from ..calibration.ranges import Ranges
from ..calibration.recipe import Recipe
from ..errors import UsageError
from ..export.eager import EagerModel
from ..export.exporter import Exporter
from ..export.format_work import Choose
from ..export.formats import EXPORTERS
from ..export.search.bound import Bound, halves
from ..export.search.precisions import precision_choices, recipe_of
from ..export.search.search import Found, search
from ..export.search.solver import front
from ..export.spec import ExportSpec
from ..models.loading import LoadedModel
from ..progress import QUIET, Progress
from .arguments import check_measurable, check_model, check_samples
from .calibrate import calibrate


def searched_formats() -> tuple[str, ...]:
    """Formats whose recipe can be searched for: with several precisions to choose among."""
    return tuple(name for name, exporter in EXPORTERS.items() if exporter.choices)


def check_searched(formats: Sequence[str]) -> None:
    """Refuses formats whose recipe cannot be searched for.

    Raises:
        UsageError: It is none, or several.
    """
    searched = searched_formats()
    if len(set(formats)) != 1 or not set(formats) <= set(searched):
        raise UsageError(
            f"`max_drop` and `min_sqnr` search with {' or '.join(searched)}; give one of them alone"
        )


def recipe_search(
    bound: Bound,
    loaded: LoadedModel,
    calibration: Samples,
    evaluation: Samples,
    threads: int,
    progress: Progress,
    on_found: Callable[[Found], None],
) -> Choose:
    """What searches for an export's recipe.

    Args:
        bound: What must be kept.
        loaded: The model.
        calibration: What ranges are taken from.
        evaluation: What mixes are judged and proven on, with the eager model's logits.
        threads: Of the runtime.
        progress: Is told about each step.
        on_found: Is given the outcome.

    Raises:
        UsageError: There are no evaluation images besides those of the calibration.
    """
    if evaluation.digest == calibration.digest:
        raise UsageError(
            "`max_drop` and `min_sqnr` are proven on images that were not calibrated on; give"
            " `evaluation`"
        )

    def choose(exporter: Exporter, specs: Sequence[ExportSpec], ranges: Ranges) -> Recipe:
        trials = exporter.trials(threads, specs)
        guide, _ = halves(evaluation)
        choices = precision_choices(
            loaded.task,
            lambda recipe: exporter.quantized(recipe, ranges),
            trials,
            exporter.model,
            ranges,
            guide,
            loaded.preprocessing,
            exporter.choices,
            progress,
        )
        found = search(
            loaded.task,
            front(choices),
            lambda mix: exporter.quantized(recipe_of(mix.precisions), ranges),
            trials,
            evaluation,
            bound,
            progress,
        )
        on_found(found)
        return found.recipe

    return choose


def search_recipe(
    model: LoadedModel,
    bound: Bound,
    *,
    calibration: Samples,
    evaluation: Samples,
    format: str = "tflite",  # noqa: A002 - the field's word
    ranges: Ranges | None = None,
    threads: int = 1,
    progress: Progress = QUIET,
) -> Found:
    """Searches for the fastest mix of precisions that keeps a bound.

    Accuracy is simulated, time is measured, and the result is proven on images that nothing else
    has seen.

    Args:
        model: The model.
        bound: What must be kept.
        calibration: Images for activation ranges.
        evaluation: Other images, by which mixes are judged and proven.
        format: Of the files that are tried.
        ranges: Activation ranges of an earlier calibration.
        threads: Of the runtime.
        progress: Is told about each step.

    Returns:
        Its ``recipe`` can be given to an :class:`ExportSpec`.

    Raises:
        UsageError: A parameter does not fit the model, or the format cannot be searched.
        CheckError: No mix keeps the bound; the message tells the best.
    """
    check_model(model)
    check_searched([format])
    check_samples("calibration", calibration, model.preprocessing)
    check_samples("evaluation", evaluation, model.preprocessing)
    check_measurable(evaluation)
    spec = ExportSpec(format, "int8")
    exporter = EXPORTERS[format](model)
    eager = EagerModel(model.network, model.preprocessing)
    with progress.step("running the eager model", len(evaluation)) as advance:
        outputs = eager.outputs(evaluation.pixels, advance)
    judged = dataclasses.replace(evaluation, outputs=outputs)
    outcomes: list[Found] = []
    choose = recipe_search(bound, model, calibration, judged, threads, progress, outcomes.append)
    ranges = ranges or calibrate(model, calibration, progress=progress)
    exporter.prepare([spec], calibration, progress)
    choose(exporter, [spec], ranges)
    return outcomes[0]
