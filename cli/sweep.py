"""``lowformer-sweep``: which file of which model is the best for a place and a budget."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..artifact.size import parse_size
from ..errors import UsageError
from ..process.names import split_names
from ..process.text import whole_number
from ..progress import Progress
from ..workflows.defaults import CALIBRATION_IMAGES, EVALUATION_IMAGES
from .command import Answer, Command, CommandParser

if TYPE_CHECKING:
    from ..sweep.grid import Grid

_EXAMPLES = """examples:
  lowformer-sweep grid.yaml --output sweep
      every cell of the grid in the file; the same again goes on where it was stopped
  lowformer-sweep --models b0,b1 --input-sizes 160,224 --to tflite,onnx --random-weights \\
          --output sweep --dry-run
      what a grid has in it, and how long that takes
  lowformer-sweep grid.yaml --output sweep --budget-ms 20 --on ssh:pi
      the most accurate cell that takes at most 20 ms there, nine times out of ten
  lowformer-sweep grid.yaml --output /shared/sweep --cluster tcp://scheduler:8786
      on the workers of a Dask scheduler
"""


class SweepCommand(Command):
    """The command ``lowformer-sweep``."""

    name = "lowformer-sweep"
    description = (
        "Exports, judges and times every cell of a grid of models, sizes, formats and precisions,"
        " on this machine's cores or on a Dask cluster, and names the best within a budget. What"
        " is done is kept: the same call goes on where it was stopped."
    )
    examples = _EXAMPLES
    kept = "what was done is kept"

    def add_options(self, parser: CommandParser) -> None:
        """See :class:`Command`."""
        parser.add_argument(
            "grid", type=Path, nargs="?", metavar="GRID", help="YAML or JSON; or the options below"
        )
        parser.add_argument(
            "--output", type=Path, required=True, metavar="FOLDER", help="where all of it is kept"
        )
        _add_grid_options(parser)
        budget = parser.add_argument_group("which cell is the best; its bundle goes to best/")
        budget.add_argument(
            "--budget-ms", type=float, metavar="MS", help="of an inference, nine times out of ten"
        )
        budget.add_argument("--budget-mb", type=float, metavar="MB", help="of the file")
        budget.add_argument(
            "--max-drop", type=float, metavar="POINTS", help="below the eager model"
        )
        budget.add_argument(
            "--on", metavar="PLACE", help="where it is to run, if there are several places"
        )
        work = parser.add_argument_group("how it is done")
        work.add_argument(
            "--jobs",
            type=int,
            metavar="N",
            help="processes at a time (default: as cores and memory allow)",
        )
        work.add_argument(
            "--cluster", metavar="URL", help="a Dask scheduler, such as tcp://scheduler:8786"
        )
        work.add_argument(
            "--retry-invalid",
            action="store_true",
            help="take INVALID times of an earlier call again",
        )
        work.add_argument(
            "--dry-run", action="store_true", help="tell what would be done, and do nothing"
        )

    def run(self, options: argparse.Namespace, progress: Progress) -> Answer:
        """See :class:`Command`."""
        from ..sweep.budget import Budget

        grid = _grid(options)
        budget = Budget(options.budget_ms, options.budget_mb, options.max_drop, options.on)
        if options.on and not budget.is_given:
            raise UsageError("`on` says where a budget holds; give `budget_ms` or another one")
        if options.dry_run:
            if options.cluster:
                raise UsageError(
                    "`dry_run` asks no `cluster`; give its number of workers as `jobs`"
                )
            return _dry_run(grid, options.output, options.jobs)
        from ..sweep.sweeping import sweep
        from .tables.sweep import print_sweep

        result = sweep(
            grid,
            options.output,
            jobs=options.jobs,
            cluster=options.cluster,
            budget=budget,
            retry_invalid=options.retry_invalid,
            progress=progress,
        )
        return Answer(
            lambda: result.model_dump(mode="json"),
            lambda: print_sweep(result),
            result.complaints,
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command's entry point."""
    return SweepCommand().main(arguments)


def _add_grid_options(parser: CommandParser) -> None:
    grid = parser.add_argument_group("the grid, in place of a file; lists have commas")
    grid.add_argument("--models", metavar="NAME,...", help="variants, or checkpoints' files")
    grid.add_argument(
        "--random-weights",
        action="store_const",
        const=True,
        help="of all models: for latency and structure only",
    )
    grid.add_argument(
        "--input-sizes", metavar="PIXELS,...", help="sides, or HxW (default: the models' own)"
    )
    grid.add_argument("--to", metavar="FORMAT,...", help="formats (default: tflite)")
    grid.add_argument("--precisions", metavar="NAME,...", help="(default: fp32,int8)")
    grid.add_argument(
        "--observers", metavar="NAME,...", help="how activation ranges are taken (default: minmax)"
    )
    grid.add_argument(
        "--max-drops",
        metavar="POINTS,...",
        help="that files in INT8 may lose, each a search, beside INT8 throughout",
    )
    grid.add_argument("--batches", metavar="N,...", help="images per inference (default: 1)")
    grid.add_argument(
        "--places",
        metavar="PLACE,...",
        help="where files are timed, such as ssh:pi; instructions are counted on arm:CPU"
        " (default: host)",
    )
    grid.add_argument("--threads", metavar="N,...", help="of the runtimes (default: 1)")
    grid.add_argument(
        "--calibration-data",
        dest="calibration",
        metavar="PATH|URL",
        help=f"images for activation ranges, at most {CALIBRATION_IMAGES}",
    )
    grid.add_argument(
        "--evaluation-data",
        dest="evaluation",
        metavar="PATH|URL",
        help="images that files are judged by",
    )
    grid.add_argument(
        "--evaluation-labels", type=Path, metavar="PATH", help="what is known of these"
    )
    grid.add_argument(
        "--evaluation-images",
        dest="evaluation_images",
        type=int,
        metavar="N",
        help=f"at most how many of them (default: {EVALUATION_IMAGES})",
    )


def _whole(text: str) -> int:
    number = whole_number(text)
    if number is None:
        raise UsageError(f"{text!r} is no whole number")
    return number


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no number") from error


_LISTS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "input_sizes": ("sizes", parse_size),
    "to": ("formats", str),
    "precisions": ("precisions", str),
    "observers": ("observers", str),
    "max_drops": ("max_drops", _number),
    "batches": ("batches", _whole),
    "threads": ("threads", _whole),
    "places": ("places", str),
}
"""Options that are lists, with their keys in a grid and what reads one of them."""

_OTHERS = (
    "models",
    "random_weights",
    "calibration",
    "evaluation",
    "evaluation_labels",
    "evaluation_images",
)
"""Other options that make a grid, in place of a file."""


def _grid(options: argparse.Namespace) -> Grid:
    """The grid of a file, or of options.

    Raises:
        UsageError: Both are given, or neither, or it is no grid.
    """
    from ..sweep.grid_file import grid_of, read_grid, with_folder

    given = [name for name in (*_LISTS, *_OTHERS) if getattr(options, name) is not None]
    if options.grid is not None:
        if given:
            raise UsageError(f"`{given[0]}` belongs to a grid of options; put it into the file")
        return read_grid(options.grid)
    if options.models is None:
        raise UsageError("give a grid's file, or `models`")
    return with_folder(grid_of(_content(options)), Path.cwd())


def _content(options: argparse.Namespace) -> dict[str, Any]:
    """A grid of options as plain values."""
    content: dict[str, Any] = {
        "models": [_model(name, options) for name in split_names(options.models, "models")]
    }
    for name, (key, read) in _LISTS.items():
        text = getattr(options, name)
        if text is not None:
            content[key] = [read(one) for one in split_names(text, name)]
    if options.calibration:
        content["calibration"] = {"data": options.calibration, "count": CALIBRATION_IMAGES}
    evaluation = {
        "data": options.evaluation,
        "labels": options.evaluation_labels,
        "count": options.evaluation_images,
    }
    given = {name: value for name, value in evaluation.items() if value is not None}
    return {**content, **({"evaluation": given} if given else {})}


def _model(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """A variant, or a checkpoint's file."""
    if options.random_weights:
        return {"name": name, "random_weights": True}
    return {"weights": name} if Path(name).suffix else {"name": name}


def _dry_run(grid: Grid, output: Path, jobs: int | None) -> Answer:
    """What a sweep would do."""
    from ..sweep.preview import preview_sweep
    from .tables.sweep import print_preview

    preview = preview_sweep(grid, output, jobs)
    return Answer(lambda: preview.model_dump(mode="json"), lambda: print_preview(preview))


if __name__ == "__main__":
    sys.exit(main())
