"""The search for the fastest mix that keeps a bound, as an export runs and shows it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..artifact.chips import chip_of
from ..errors import UsageError
from ..export.search.qnn_trials import QnnLaboratory
from ..export.search.search import CHOICES, NPU_CHOICES, Bound, Found, Judged, Laboratory, search
from ..export.search.tflite_trials import TFLiteLaboratory
from ..export.spec import ExportSpec
from ..progress import Progress
from .options import check_plot

if TYPE_CHECKING:
    from ..calibration.data.images import DecodedImages
    from ..calibration.ranges import Ranges
    from ..calibration.recipe import Recipe
    from ..export.bundle import Choose
    from ..export.exporter import Exporter
    from ..models.loading import LoadedModel

SEARCHED = ("tflite", "qnn")
"""Targets whose recipe can be searched for."""

ROUNDS = 15
"""Timed runs of each choice."""

JUDGED_ON = "8gen3"
"""The chip that mixes are judged on where none is named."""


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
    if options.to not in SEARCHED:
        raise UsageError(
            f"--max-drop and --min-sqnr search with {' or '.join(SEARCHED)}; give one of them alone"
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
    laboratory: Laboratory
    if options.to == "qnn":
        chip = chip_of(next(iter(name for name in options.chip.split(",") if name), JUDGED_ON))
        laboratory = QnnLaboratory(loaded.preprocessing, chip)
    else:
        laboratory = TFLiteLaboratory(loaded.preprocessing, options.threads, ROUNDS)

    def choose(exporter: Exporter, ranges: Ranges) -> Recipe:
        from ..export.qnn.exporter import QnnExporter
        from ..export.tflite.exporter import TFLiteExporter, quantize_quietly

        def quantized(recipe: Recipe) -> bytes:
            spec = ExportSpec(options.to, "int8", batch=options.batch, recipe=recipe)
            if isinstance(exporter, TFLiteExporter):
                return quantize_quietly(exporter.converted(), spec, exporter.model, ranges)
            assert isinstance(exporter, QnnExporter)
            return exporter.graph(spec, exporter.model, ranges)

        found = search(
            quantized,
            laboratory,
            exporter.model,
            ranges,
            Judged(evaluation, reference),
            loaded.preprocessing,
            bound,
            progress,
            NPU_CHOICES if options.to == "qnn" else CHOICES,
        )
        on_found(found)
        return found.recipe

    return choose
