"""A cell of a grid: one file of one model, with all that it is exported with."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Any

from ..artifact.formats import FORMATS
from ..artifact.size import Size
from ..calibration.observer import observer_factory
from ..errors import UsageError
from ..export.search.bound import Bound
from ..export.spec import ExportSpec
from ..workflows.search import searched_formats
from .grid import Grid, ModelChoice

INT8, FP32 = "int8", "fp32"

DEFAULT_OBSERVER = ExportSpec().observer
"""Of precisions that need no ranges, and not told in names."""


@dataclasses.dataclass(frozen=True)
class Cell:
    """A file to be exported and measured.

    Attributes:
        model: The model.
        size: Pixels of the input's side, or its height and width; the model's own if None.
        format: The file's.
        precision: Likewise.
        observer: How activation ranges are taken, where the precision needs them.
        max_drop: Points that it may lose, of a search for a mix of precisions.
        batch: Images per inference.
    """

    model: ModelChoice
    size: Size | None
    format: str
    precision: str
    observer: str
    max_drop: float | None
    batch: int

    @property
    def spec(self) -> ExportSpec:
        """What is exported."""
        return ExportSpec(self.format, self.precision, batch=self.batch, observer=self.observer)

    @property
    def bound(self) -> Bound | None:
        """What a search must keep, if there is one."""
        return None if self.max_drop is None else Bound(max_drop=self.max_drop)

    @property
    def name(self) -> str:
        """What tables and lines call it, such as ``b0-96-tflite-int8``."""
        parts = [self.model.shown_name]
        if self.size is not None:
            parts.append(
                "x".join(map(str, [self.size] if isinstance(self.size, int) else self.size))
            )
        parts += [self.format, self.precision]
        if self.observer != DEFAULT_OBSERVER:
            parts.append(self.observer)
        if self.max_drop is not None:
            parts.append(f"drop{self.max_drop:g}")
        if self.batch > 1:
            parts.append(f"batch{self.batch}")
        return "-".join(parts)

    @property
    def input(self) -> tuple[ModelChoice, Size | None]:
        """What cells have in common that are judged by the same outputs of the eager model."""
        return self.model, self.size

    def identity(self) -> dict[str, Any]:
        """What tells it from others, as plain values; the model is by its digest elsewhere."""
        return {"size": self.size, "max_drop": self.max_drop, "spec": self.spec.to_dict()}


def cells_of(grid: Grid) -> tuple[list[Cell], list[str]]:
    """All cells of a grid, and what it asks for that does not exist, a line each.

    Raises:
        UsageError: Nothing that it asks for exists.
    """
    for observer in grid.observers:
        observer_factory(observer)
    cells: list[Cell] = []
    left_out = []
    pairs = list(itertools.product(grid.formats, grid.precisions))
    for format_name, precision in pairs:
        if precision not in FORMATS[format_name].precisions:
            left_out.append(f"{format_name} has no {precision}")
    for model, size, batch in itertools.product(grid.models, grid.sizes or (None,), grid.batches):
        for format_name, precision in pairs:
            if precision in FORMATS[format_name].precisions:
                for observer, max_drop in _ways(grid, format_name, precision):
                    cells.append(
                        Cell(model, size, format_name, precision, observer, max_drop, batch)
                    )
    if not cells:
        raise UsageError(f"the grid has no cell: {'; '.join(left_out)}")
    for cell in cells:
        cell.spec  # noqa: B018 - refuses what a format cannot be asked for
    return list(dict.fromkeys(cells)), left_out


def _ways(grid: Grid, format_name: str, precision: str) -> Iterator[tuple[str, float | None]]:
    """The observers and bounds that a precision is tried with."""
    if not ExportSpec(format_name, precision).needs_ranges:
        yield DEFAULT_OBSERVER, None
        return
    for observer in grid.observers:
        yield observer, None
        if precision == INT8 and format_name in searched_formats():
            yield from ((observer, drop) for drop in grid.max_drops)


def reference_of(cell: Cell, cells: list[Cell]) -> Cell:
    """The cell that another's time is a ratio to: in float32, of the same format, if there is."""
    for other in cells:
        same = (other.input, other.format, other.batch) == (cell.input, cell.format, cell.batch)
        if same and other.precision == FP32:
            return other
    return cell
