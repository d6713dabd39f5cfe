"""Reading a grid from YAML, with the line of what is wrong in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from ..errors import UsageError
from ..models.hub import is_hub_reference
from ..models.values_file import read_values
from ..process.text import one_line, printable
from .grid import Grid, ImageData, ModelChoice, Timing

_KEYS: Mapping[str, type[BaseModel]] = {
    "models": ModelChoice,
    "calibration": ImageData,
    "evaluation": ImageData,
    "timing": Timing,
}
"""What the parts of a grid are, by its keys."""


def read_grid(path: str | Path) -> Grid:
    """The grid of a YAML or JSON file, whose paths are relative to its folder.

    Raises:
        UsageError: It cannot be read, or is no grid; the message tells the line.
    """
    path = Path(path)
    try:
        content = read_values(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise UsageError(f"{path}: is neither YAML nor JSON: {one_line(error)}") from error
    try:
        return with_folder(Grid.model_validate(content), path.absolute().parent)
    except ValidationError as error:
        first = error.errors()[0]
        where = tuple(first["loc"])
        line = _line(path, where)
        raise UsageError(f"{path}, line {line}: {_reason(where, first)}") from error


def grid_of(content: dict[str, Any]) -> Grid:
    """The grid of plain values.

    Raises:
        UsageError: They are none.
    """
    try:
        return Grid.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"grid: {_reason(tuple(first['loc']), first)}") from error


def with_folder(grid: Grid, folder: Path) -> Grid:
    """A grid whose paths are absolute, as workers may be elsewhere."""
    models = tuple(
        model.model_copy(
            update={
                name: folder / path
                for name in ("weights", "config")
                if (path := getattr(model, name)) is not None and not is_hub_reference(path)
            }
        )
        for model in grid.models
    )
    images = {name: _below(getattr(grid, name), folder) for name in ("calibration", "evaluation")}
    return grid.model_copy(update={"models": models, **images})


def _below(images: ImageData, folder: Path) -> ImageData:
    """Images whose paths are absolute."""
    changes: dict[str, Any] = {}
    if images.data is not None and "://" not in images.data:
        changes["data"] = str(folder / images.data)
    if images.labels is not None:
        changes["labels"] = folder / images.labels
    return images.model_copy(update=changes)


def _reason(where: Sequence[int | str], error: Any) -> str:
    """What is wrong, in words."""
    keys = [printable(str(key)) for key in where if isinstance(key, str)]
    name = ".".join(keys) or "the grid"
    if error["type"] == "extra_forbidden":
        model: type[BaseModel] = _KEYS.get(keys[0], Grid) if len(keys) > 1 else Grid
        return f"unknown key {keys[-1]}; there are {', '.join(model.model_fields)}"
    message = one_line(error["msg"].removeprefix("Value error, "))
    return message if error["type"] == "value_error" else f"{name}: {message}"


def _line(path: Path, where: Sequence[int | str]) -> int:
    """The line of the deepest part of a file that an error's place leads to."""
    import yaml

    node = yaml.compose(path.read_text(encoding="utf-8"), yaml.SafeLoader)
    if node is None:
        return 1
    line: int = node.start_mark.line
    for key in where:
        if isinstance(node, yaml.MappingNode):
            pairs = [(name, value) for name, value in node.value if name.value == key]
            if not pairs:
                break
            name, node = pairs[0]
            line = name.start_mark.line
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int):
            if key >= len(node.value):
                break
            node = node.value[key]
            line = node.start_mark.line
        else:
            break
    return line + 1
