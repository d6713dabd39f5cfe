"""``lowformer-calibrate``: activation ranges, and which ops INT8 hurts."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

from ..errors import UsageError
from ..progress import Progress
from .command import Answer, Command, CommandParser
from .options import (
    add_data_options,
    add_model_options,
    calibration_choice,
    check_counts,
    check_plot,
    evaluation_choice,
    load_model_of,
)

SENSITIVITY_IMAGES = 64


class CalibrateCommand(Command):
    """The command ``lowformer-calibrate``."""

    name = "lowformer-calibrate"
    description = (
        "Takes activation ranges once, for every export with --ranges, and tells"
        " which ops are sensitive to INT8."
    )

    def add_options(self, parser: CommandParser) -> None:
        """See :class:`Command`."""
        add_model_options(parser)
        add_data_options(parser, SENSITIVITY_IMAGES)
        output = parser.add_argument_group("output")
        output.add_argument(
            "--output", type=Path, metavar="FILE", help="where the ranges go (default: ranges.json)"
        )
        output.add_argument(
            "--sensitivity", action="store_true", help="rank the ops by what INT8 costs them"
        )
        output.add_argument("--plot", type=Path, metavar="FILE", help="the ranking as .png or .svg")
        output.add_argument(
            "--force", dest="overwrite", action="store_true", help="replace existing files"
        )

    def run(self, options: argparse.Namespace, progress: Progress) -> Answer:
        """See :class:`Command`."""
        return _calibrate(options, progress)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command's entry point."""
    return CalibrateCommand().main(arguments)


def _calibrate(options: argparse.Namespace, progress: Progress) -> Answer:
    check_counts(options, "calibration_images", "evaluation_images")
    if options.plot and not options.sensitivity:
        raise UsageError("--plot shows the sensitivity; add --sensitivity")
    check_plot(options)
    output = options.output or Path("ranges.json")
    for path in (output, options.plot):
        if path and path.exists() and not options.overwrite:
            raise UsageError(f"{path}: exists; give --force to replace it, or another name")
    from ..calibration.observer import observer_factory
    from ..calibration.recipe import Recipe
    from ..workflows.calibrate import Calibration, calibrate, check_recipe, measure_sensitivity
    from ..workflows.data import calibration_images, evaluation_images

    observer_factory(options.observer)
    recipe = Recipe.read(options.recipe) if options.recipe else None
    with progress.step("loading the model"):
        loaded = load_model_of(options, progress)
        loaded.check_exportable()
    if recipe:
        check_recipe(loaded, recipe)
    images = calibration_images(calibration_choice(options), loaded, progress, needed=True)
    ranges = calibrate(loaded, images, observer=options.observer, progress=progress)
    sensitivity = None
    if options.sensitivity:
        choice = evaluation_choice(options)
        judged = evaluation_images(choice, loaded, images, progress)
        if len(judged) > choice.count:
            judged = dataclasses.replace(judged.first(choice.count), labels=None)
        sensitivity = measure_sensitivity(loaded, ranges, judged, recipe=recipe, progress=progress)
    found = Calibration(ranges, sensitivity)
    ranges.save(output)
    if sensitivity and options.plot:
        from .plots import save_sensitivity_plot

        save_sensitivity_plot(options.plot, sensitivity)

    def show() -> None:
        from .tables.sensitivity import print_ranges, print_sensitivity

        if sensitivity:
            print_sensitivity(sensitivity)
        print_ranges(output, ranges)

    return Answer(lambda: found.record(output).model_dump(mode="json"), show)


if __name__ == "__main__":
    sys.exit(main())
