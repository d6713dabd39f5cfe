"""The search for the fastest mix of precisions that keeps a bound, within an export."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..artifact.samples import Samples
from ..calibration.ranges import Ranges
from ..calibration.recipe import Recipe
from ..errors import UsageError
from ..export.exporter import Exporter
from ..export.formats import EXPORTERS
from ..export.pipeline import Choose
from ..export.search.search import Bound, Found, search
from ..export.spec import ExportSpec
from ..models.loading import LoadedModel
from ..progress import Progress


def check_searched(format_name: str) -> None:
    """Refuses formats whose recipe cannot be searched for.

    Raises:
        UsageError: It is none, or several.
    """
    searched = [name for name, exporter in EXPORTERS.items() if exporter.choices]
    if format_name not in searched:
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
        found = search(
            lambda recipe: exporter.quantized(recipe, ranges),
            exporter.trials(threads, specs),
            exporter.model,
            ranges,
            evaluation,
            loaded.preprocessing,
            bound,
            progress,
            exporter.choices,
        )
        on_found(found)
        return found.recipe

    return choose
