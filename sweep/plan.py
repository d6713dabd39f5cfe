"""The steps of a sweep, by what is in its folder already."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..artifact.files import digest_of
from ..errors import UsageError
from ..export.bundle import toolchain
from ..judging.links import HOST
from ..models.checkpoint_file import digest_of_checkpoint
from ..models.checkpoint_source import local_path
from ..runtime.machine import describe_machine
from ..targets.adb.target import AdbTarget
from ..targets.registry import open_target
from ..targets.ssh.target import SshTarget
from ..targets.web.target import WebTarget
from ..version import __version__
from ..workflows.data import ImagePart
from .cell import Cell, reference_of
from .grid import Grid, ImageData, ModelChoice
from .step import Step
from .store import Store, key_of
from .timing_work import UNTIMED, TimingWork, measure_cell
from .work import (
    ExportWork,
    Judged,
    PartWork,
    RangesWork,
    export_cell,
    judge_part,
    take_ranges,
)

PART_IMAGES = 512
"""Images that a worker judges at a time; a step of some seconds for a small model."""

_SHARED = (HOST, WebTarget.scheme)
"""Places that are, or may be, a machine that computes: what is timed there waits for the rest."""

_ELSEWHERE = (SshTarget.scheme, AdbTarget.scheme)
"""Places that are other machines."""


@dataclasses.dataclass(frozen=True)
class Timed:
    """A cell on a place.

    Attributes:
        cell: The cell.
        place: Where it is measured.
        threads: Of the runtime.
        result: Where the figures are.
    """

    cell: Cell
    place: str
    threads: int
    result: Path


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a sweep does.

    Attributes:
        cells: All cells.
        keys: What stands for each in its folder.
        exports: Where it is said that each was exported.
        parts: Where each cell's counts are, part by part.
        timed: Every cell on every place.
        steps: All that is to be done, each step after those that it needs.
    """

    cells: tuple[Cell, ...]
    keys: Mapping[Cell, str]
    exports: Mapping[Cell, Path]
    parts: Mapping[Cell, tuple[Path, ...]]
    timed: tuple[Timed, ...]
    steps: tuple[Step, ...]

    def left(self) -> list[Step]:
        """Steps whose results are not there yet."""
        return [step for step in self.steps if not step.is_done]


def plan_sweep(
    grid: Grid, cells: Sequence[Cell], store: Store, machine: Mapping[str, str] | None = None
) -> Plan:
    """The steps of a grid's cells.

    What a piece is named by in the folder is a digest of all that it hangs on: the weights, the
    data, what is asked for, the packages, and of times the place. What is there already under such
    a name was done with the same.

    Args:
        grid: The grid.
        cells: Its cells.
        store: The sweep's folder.
        machine: What ``host`` is; this machine if None.

    Raises:
        UsageError: A file cannot be read.
    """
    return _Planner(grid, cells, store, machine or describe_machine()).plan()


class _Planner:
    def __init__(
        self, grid: Grid, cells: Sequence[Cell], store: Store, machine: Mapping[str, str]
    ) -> None:
        self._grid, self._cells, self._store = grid, list(cells), store
        self._machine = dict(machine)
        self._tools = {"lowformer-edge": __version__, **toolchain()}
        self._calibration = _identity(grid.calibration)
        self._evaluation = _identity(grid.evaluation)
        self._models = {model: _model_identity(model) for model in grid.models}
        self._keys = {cell: self._key(cell) for cell in cells}
        self._steps: dict[tuple[Path, ...], Step] = {}

    def plan(self) -> Plan:
        exports = {cell: self._export(cell) for cell in self._cells}
        parts = self._judge(exports)
        timed = []
        for place in sorted(self._grid.places, key=_is_shared):
            before = self._all_before(place) if _is_shared(place) else ()
            for threads in self._threads_on(place):
                for cell in self._cells:
                    result = self._time(cell, place, threads, exports, before)
                    timed.append(Timed(cell, place, threads, result))
        timed.sort(key=lambda one: self._grid.places.index(one.place))
        return Plan(
            tuple(self._cells),
            self._keys,
            exports,
            parts,
            tuple(timed),
            tuple(self._steps.values()),
        )

    def _key(self, cell: Cell) -> str:
        searched = self._evaluation if cell.bound else None
        return key_of(
            cell.identity(), self._models[cell.model], self._calibration, searched, self._tools
        )

    def _export(self, cell: Cell) -> Path:
        """Plans a cell's export, and the ranges before it."""
        key = self._keys[cell]
        ranges = (
            self._ranges(cell) if cell.spec.needs_ranges and not cell.spec.needs_images else None
        )
        result = self._store.path("exports", key)
        work = ExportWork(
            cell,
            self._grid.calibration,
            self._grid.evaluation,
            ranges,
            self._store.bundle(key),
            result,
        )
        needs = (ranges,) if ranges else ()
        self._add(Step(f"{cell.name}: export", export_cell, work, (result,), needs))
        return result

    def _ranges(self, cell: Cell) -> Path:
        """Plans the ranges that cells of a model, a size and an observer share."""
        model, size = self._models[cell.model], cell.size
        key = key_of(model, size, cell.observer, self._calibration, self._tools)
        result = self._store.path("ranges", key)
        work = RangesWork(cell, self._grid.calibration, result)
        self._add(Step(f"{cell.name}: ranges", take_ranges, work, (result,)))
        return result

    def _judge(self, exports: Mapping[Cell, Path]) -> dict[Cell, tuple[Path, ...]]:
        """Plans the parts of the images, each of which shows all cells of a model and a size."""
        number = -(-self._grid.evaluation.count // PART_IMAGES)
        parts: dict[Cell, list[Path]] = {cell: [] for cell in self._cells}
        groups: dict[Any, list[Cell]] = {}
        for cell in self._cells:
            groups.setdefault(cell.input, []).append(cell)
        for group in groups.values():
            for part in (ImagePart(place, number) for place in range(number)):
                judged = [self._judged(cell, part) for cell in group]
                for cell, one in zip(group, judged, strict=True):
                    parts[cell].append(one.result)
                left = tuple(one for one in judged if not one.result.is_file())
                self._add_part(group, part, left or tuple(judged), exports)
        return {cell: tuple(paths) for cell, paths in parts.items()}

    def _judged(self, cell: Cell, part: ImagePart) -> Judged:
        """A cell on a part of the images."""
        key = self._keys[cell]
        name = key_of(key, self._evaluation, self._calibration, part.number, part.of)
        return Judged(cell.name, self._store.bundle(key), self._store.path("parts", name, ".npz"))

    def _add_part(
        self,
        group: Sequence[Cell],
        part: ImagePart,
        judged: tuple[Judged, ...],
        exports: Mapping[Cell, Path],
    ) -> None:
        """Plans that cells of a model and a size are judged on a part of the images."""
        calibration, evaluation = self._grid.calibration, self._grid.evaluation
        work = PartWork(judged, group[0], calibration, evaluation, part)
        title = f"{group[0].model.shown_name}: images, part {part.number + 1} of {part.of}"
        results = tuple(one.result for one in judged)
        after = tuple(exports[cell] for cell in group)
        self._add(Step(title, judge_part, work, results, after=after))

    def _time(
        self,
        cell: Cell,
        place: str,
        threads: int,
        exports: Mapping[Cell, Path],
        before: Sequence[Path],
    ) -> Path:
        """Plans a cell's figures on a place, once there are certain results."""
        reference = reference_of(cell, self._cells)
        machine = self._machine if place == HOST else None
        timing = self._grid.timing.model_dump()
        names = [self._keys[cell], self._keys[reference]]
        result = self._store.path("times", key_of(names, place, machine, threads, timing))
        work = TimingWork(
            self._store.bundle(names[0]),
            self._store.bundle(names[1]),
            place,
            threads,
            self._grid.timing,
            result,
        )
        after = dict.fromkeys([*before, exports[reference]])
        step = Step(
            f"{cell.name}: {place}, {threads} thread(s)",
            measure_cell,
            work,
            (result,),
            (exports[cell],),
            tuple(after),
            place,
        )
        self._add(step)
        return result

    def _all_before(self, place: str) -> list[Path]:
        """Results of all that may be at work on the machine that a place is, but for its own."""
        return [
            step.results[0]
            for step in self._steps.values()
            if step.place != place and step.place.partition(":")[0] not in _ELSEWHERE
        ]

    def _threads_on(self, place: str) -> tuple[int, ...]:
        """The threads that files are measured with: one where instructions are counted."""
        target = open_target(place)
        if target.threads is not None:
            return (target.threads,)
        return (1,) if target.scheme in UNTIMED else self._grid.threads

    def _add(self, step: Step) -> None:
        self._steps.setdefault(step.results, step)


def _is_shared(place: str) -> bool:
    """Whether a place is, or may be, a machine that computes."""
    return place.partition(":")[0] in _SHARED


def _model_identity(model: ModelChoice) -> Any:
    """What a model is, but for what tables call it.

    Raises:
        UsageError: Its file cannot be read.
    """
    fields = model.model_dump(exclude={"title", "weights", "config"})
    try:
        if model.weights is not None:
            fields["weights"] = digest_of_checkpoint(local_path(model.weights))
        if model.config is not None:
            fields["config"] = digest_of(model.config)
    except OSError as error:
        raise UsageError(f"{error.filename}: cannot be read ({error.strerror})") from error
    return fields


def _identity(images: ImageData) -> Any:
    """What images are, as far as their files' names, sizes and times tell."""
    told = images.model_dump(mode="json")
    for name in ("data", "labels"):
        value = told[name]
        if value is not None and "://" not in value:
            told[name] = _listing(Path(value))
    return told


def _listing(path: Path) -> Any:
    """Names, sizes and times of change of a file, or of all files of a folder.

    Raises:
        UsageError: There is no such path.
    """
    if not path.exists():
        raise UsageError(f"{path}: there are no such images")
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    states = [(str(one.relative_to(path)), one.stat()) for one in files]
    return [str(path), key_of([(name, state.st_size, state.st_mtime_ns) for name, state in states])]
