"""What workers do: each piece leaves a file in the sweep's folder, whole or not at all."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

from ..artifact.bundle import open_bundle
from ..calibration.ranges import Ranges
from ..errors import CheckError
from ..export.eager import EagerModel
from ..models.loading import LoadedModel, load_model
from ..progress import SilentProgress
from ..workflows.calibrate import calibrate
from ..workflows.data import (
    ImagePart,
    calibration_images,
    evaluation_images,
    evaluation_part,
)
from ..workflows.export import export_model
from ..workflows.parity_check import Candidate, ParityCheck, eager_reference, part_size
from .cell import Cell
from .data import image_choice
from .grid import ImageData
from .store import write_arrays, write_values

PROVEN_IMAGES = 64
"""On which an export is checked as it is made; what it is judged by is run in parts."""

EXPORT_RUNS = 5
"""Timed runs of an export; what counts is timed where files are to be used."""

_QUIET = SilentProgress()


@dataclasses.dataclass(frozen=True)
class RangesWork:
    """Activation ranges that the cells of one model and size share.

    Attributes:
        cell: Any of them.
        calibration: Images that ranges are taken of.
        result: Where the ranges go.
    """

    cell: Cell
    calibration: ImageData
    result: Path


def take_ranges(work: RangesWork) -> None:
    """Takes activation ranges."""
    model = model_of(work.cell)
    images = calibration_images(image_choice(work.calibration), model, _QUIET, needed=True)
    ranges = calibrate(model, images, observer=work.cell.observer)
    work.result.parent.mkdir(parents=True, exist_ok=True)
    ranges.save(work.result)


@dataclasses.dataclass(frozen=True)
class ExportWork:
    """A cell that is to be exported.

    Attributes:
        cell: The cell.
        calibration: Images that ranges are taken of, where there are none yet.
        evaluation: Images by which a search chooses and is proven.
        ranges: Activation ranges, if it needs any.
        bundle: Where the bundle goes.
        result: What says that it is done.
    """

    cell: Cell
    calibration: ImageData
    evaluation: ImageData
    ranges: Path | None
    bundle: Path
    result: Path


def export_cell(work: ExportWork) -> None:
    """Exports a cell's file as a bundle, also one that does not keep what an export promises."""
    model, spec = model_of(work.cell), work.cell.spec
    begun = time.monotonic()
    calibration = calibration_images(
        image_choice(work.calibration), model, _QUIET, needed=spec.needs_images
    )
    choice = image_choice(work.evaluation)
    if work.cell.bound is None:
        choice = dataclasses.replace(choice, count=min(choice.count, PROVEN_IMAGES))
    evaluation = evaluation_images(choice, model, calibration, _QUIET)
    ranges = Ranges.read(work.ranges) if work.ranges and not spec.needs_images else None
    work.bundle.parent.mkdir(parents=True, exist_ok=True)
    bundle = export_model(
        model,
        work.bundle,
        [spec],
        calibration=ranges or calibration,
        evaluation=evaluation,
        bound=work.cell.bound,
        runs=EXPORT_RUNS,
        overwrite=True,
        keep_failed=True,
        jobs=1,
        progress=_QUIET,
    )
    (record,) = bundle.manifest.artifacts
    seconds = time.monotonic() - begun
    write_values(work.result, {"file": record.file.path, "seconds": round(seconds, 1)})


@dataclasses.dataclass(frozen=True)
class Judged:
    """A cell of which a part is judged.

    Attributes:
        name: What lines call it.
        bundle: The cell's.
        result: Where what was counted goes.
    """

    name: str
    bundle: Path
    result: Path


@dataclasses.dataclass(frozen=True)
class PartWork:
    """A part of the images on which cells of one model and size are judged.

    Attributes:
        cells: These cells.
        cell: Any of them.
        calibration: Images where there are no others.
        evaluation: Images.
        part: Which part.
    """

    cells: tuple[Judged, ...]
    cell: Cell
    calibration: ImageData
    evaluation: ImageData
    part: ImagePart


def judge_part(work: PartWork) -> None:
    """Runs the eager model and the files of cells on a part of the images, and counts.

    Files that were not exported are left out.

    Raises:
        CheckError: Files could not be compared; what was counted of the others is there.
    """
    paths = {one: file_of(one.bundle) for one in work.cells if not one.result.is_file()}
    files = {one.name: Candidate(path) for one, path in paths.items() if path is not None}
    if not files:
        return
    model = model_of(work.cell)
    choices = image_choice(work.evaluation), image_choice(work.calibration)
    images = evaluation_part(choices[0], model, choices[1], work.part, _QUIET)
    results = {one.name: one.result for one in work.cells}
    if images is None:  # there are fewer images than parts
        for name in files:
            write_arrays(results[name], model.task.meter().arrays())
        return
    check = ParityCheck(
        model.task,
        files,
        images,
        eager_reference(EagerModel(model.network, model.preprocessing), images),
        model.preprocessing,
        size=part_size(model.output_bytes, len(files)),
    )
    failures = {}
    for name, followed in check.run(_QUIET).items():
        if followed.failure is None:
            write_arrays(results[name], check.arrays(name))
        else:
            failures[name] = followed.failure
    if failures:
        raise CheckError("; ".join(f"{name}: {line}" for name, line in failures.items()))


def file_of(bundle: Path) -> Path | None:
    """A cell's file, which is its bundle's only one; None where it was not exported."""
    if not bundle.is_dir():
        return None
    opened = open_bundle(bundle)
    (record,) = opened.manifest.artifacts
    return opened.folder / record.file.path


def model_of(cell: Cell) -> LoadedModel:
    """A cell's model, loaded."""
    choice = cell.model
    return load_model(
        choice.name,
        weights=choice.weights,
        config=choice.config,
        task=choice.task,
        random_weights=choice.random_weights,
        num_classes=choice.num_classes,
        input_size=cell.size,
    )
