"""The search for the fastest mix that keeps a bound, as an export runs and shows it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from ..export.search.search import Bound, Found, Judged, search
from ..progress import Progress
from .options import check_plot

if TYPE_CHECKING:
    from ..calibration.data.images import DecodedImages
    from ..calibration.ranges import Ranges
    from ..calibration.recipe import Recipe
    from ..export.exporter import Exporter
    from ..export.pipeline import Choose
    from ..models.loading import LoadedModel


def bound_of(options: argparse.Namespace) -> Bound | None:
    """The bound that the options ask for, if any.

    Raises:
        UsageError: The options contradict each other or lack INT8.
    """
    if options.max_drop is None and options.min_sqnr is None:
        if options.plot:
            raise UsageError("--plot shows a search; add --max-drop or --min-sqnr")
        return None
    if "int8" not in (options.precisions or ()) or options.recipe or options.io == "int8":
        raise UsageError(
            "--max-drop and --min-sqnr need --int8, and exclude --recipe and --io int8"
        )
    from ..export.formats import EXPORTERS

    searched = [name for name, exporter in EXPORTERS.items() if exporter.choices]
    if options.to not in searched:
        raise UsageError(
            f"--max-drop and --min-sqnr search with {' or '.join(searched)}; give one of them alone"
        )
    check_plot(options)
    return Bound(options.max_drop, options.min_sqnr)


def chooser(
    options: argparse.Namespace,
    bound: Bound,
    loaded: LoadedModel,
    calibration: DecodedImages,
    evaluation: DecodedImages,
    reference: NDArray[np.float32],
    progress: Progress,
    on_found: Callable[[Found], None],
) -> Choose:
    """What chooses an export's recipe.

    Raises:
        UsageError: There are no evaluation images besides those of the calibration.
    """
    if evaluation.digest == calibration.digest:
        raise UsageError(
            "--max-drop and --min-sqnr are proven on images that were not calibrated on; give"
            " --evaluation-data"
        )
    chip = next((name for name in options.chip.split(",") if name), "")

    def choose(exporter: Exporter, ranges: Ranges) -> Recipe:
        found = search(
            lambda recipe: exporter.quantized(recipe, ranges),
            exporter.trials(options.threads, chip),
            exporter.model,
            ranges,
            Judged(evaluation, reference),
            loaded.preprocessing,
            bound,
            progress,
            exporter.choices,
        )
        on_found(found)
        return found.recipe

    return choose
