"""The search for the fastest mix that keeps a bound, as an export runs and shows it."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..artifact.chips import chip_of
from ..errors import UsageError
from ..export.search import CHOICES, NPU_CHOICES, Bound, Found, Judged, Laboratory, search
from ..export.spec import ExportSpec
from ..progress import Progress
from ..runtime.qnn_laboratory import QnnLaboratory
from ..runtime.tflite_laboratory import TFLiteLaboratory

if TYPE_CHECKING:
    from ..calibration.images import DecodedImages
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

ROWS = 25


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
    if options.plot and options.plot.suffix not in (".png", ".svg"):
        raise UsageError(f"{options.plot}: a plot is a .png or .svg file")
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
        from ..export.qnn import QnnExporter
        from ..export.tflite import TFLiteExporter, quantize_quietly

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


def found_json(found: Found) -> dict[str, Any]:
    """A search as plain JSON values."""
    return {
        "chosen": found.chosen,
        "unit": found.unit,
        "proof": {
            "drop_points": found.loss.drop,
            "sqnr_db": found.loss.sqnr_db if math.isfinite(found.loss.sqnr_db) else None,
            "images": found.loss.images,
        },
        "front": [
            {
                "predicted_noise": tried.mix.noise,
                "predicted_cost_over_fastest": tried.mix.cost,
                "float_ops": _float_ops(tried.mix.precisions.values()),
                "measured_drop_points": tried.loss.drop if tried.loss else None,
                "measured_sqnr_db": tried.loss.sqnr_db if tried.loss else None,
            }
            for tried in found.tried
        ],
        "recipe": found.recipe.to_dict(),
    }


def print_found(found: Found) -> None:
    """Prints the front around the chosen mix, and what was proven of it."""
    from rich import box
    from rich.table import Table

    from .tables.export import result_console

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in (
        "mix",
        "float ops",
        f"predicted +{found.unit}",
        "predicted dB",
        "drop",
        "SQNR dB",
        "",
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    shown = [
        index
        for index, tried in enumerate(found.tried)
        if tried.loss or index in (0, found.chosen, len(found.tried) - 1)
    ]
    for index in shown[:ROWS]:
        tried = found.tried[index]
        table.add_row(
            str(index),
            str(_float_ops(tried.mix.precisions.values())),
            f"{tried.mix.cost:.3f}",
            f"{_decibels(tried.mix.noise):.1f}",
            f"{tried.loss.drop:.2f}" if tried.loss else "-",
            f"{tried.loss.sqnr_db:.1f}" if tried.loss else "-",
            "chosen" if index == found.chosen else "",
        )
    console = result_console()
    console.print(table)
    console.print(
        f"chosen: mix {found.chosen} of {len(found.tried)}; on {found.loss.images} other images it"
        f" loses {found.loss.drop:.2f} points at {found.loss.sqnr_db:.1f} dB SQNR",
        soft_wrap=True,
    )


def save_plot(path: Path, found: Found) -> None:
    """Draws the front.

    Args:
        path: A ``.png`` or ``.svg`` file, written whole or not at all.
        found: The search.
    """
    from matplotlib.figure import Figure

    from ..artifact.files import replaced_file

    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.add_subplot()
    costs = [tried.mix.cost for tried in found.tried]
    predicted = [_decibels(tried.mix.noise) for tried in found.tried]
    axes.plot(costs, predicted, marker=".", label="predicted")
    measured = [
        (cost, t.loss.sqnr_db) for cost, t in zip(costs, found.tried, strict=True) if t.loss
    ]
    axes.scatter(*zip(*measured, strict=True), color="tab:orange", label="measured", zorder=3)
    axes.axvline(costs[found.chosen], color="tab:red", linestyle="--", label="chosen")
    axes.set_xlabel(f"{found.unit} over the fastest mix")
    axes.set_ylabel("SQNR of the logits in dB")
    axes.legend()
    with replaced_file(path) as temporary:
        figure.savefig(temporary, format=path.suffix.removeprefix("."), dpi=150)


def _float_ops(precisions: Any) -> int:
    return sum(precision in ("fp16", "fp32") for precision in precisions)


def _decibels(noise: float) -> float:
    return -10 * math.log10(max(noise, 1e-15))
