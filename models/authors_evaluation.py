"""How the authors' YAML configs say that images are evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..artifact.size import Size, as_size, shown_size, sides_of
from ..errors import ConfigError
from ..process.text import shown_value


def evaluation_parameters(
    path: Path, config: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The parameters of the preprocessing that a config states.

    Args:
        path: The config, for errors.
        config: The same merged over its defaults.

    Returns:
        Values by parameter, and what was chosen among several, a line each.

    Raises:
        ConfigError: A value is of a wrong type.
    """
    run, provider = _section(path, config, "run_config"), _section(path, config, "data_provider")
    crop, colours = _section(path, provider, "rrc_config"), _section(path, provider, "mean_std")
    stated: dict[str, Any] = {}
    notes: tuple[str, ...] = ()
    ratio = crop.get("test_crop_ratio")
    if ratio is not None:
        if type(ratio) not in (int, float):
            raise ConfigError(f"{path}: test_crop_ratio must be a number, not {shown_value(ratio)}")
        stated["crop_ratio"] = float(ratio)
    if crop.get("test_interpolate") is not None:
        stated["interpolation"] = str(crop["test_interpolate"])
    for name in ("mean", "std"):
        numbers = colours.get(name, provider.get(name))
        if numbers is not None:
            stated[name] = _colour(path, name, numbers)
    sizes = run.get("eval_image_size")
    if sizes is not None:
        stated["size"], notes = _evaluation_size(path, sizes)
    return stated, notes


def _section(path: Path, config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A part of a config; empty where it has none.

    Raises:
        ConfigError: It is no mapping.
    """
    section = config.get(name)
    if section is None:
        return {}
    if not isinstance(section, Mapping):
        raise ConfigError(f"{path}: {name} must be a mapping, not {shown_value(section)}")
    return section


def _colour(path: Path, name: str, numbers: object) -> tuple[Any, ...]:
    if not isinstance(numbers, list):
        raise ConfigError(f"{path}: {name} must be three numbers, not {shown_value(numbers)}")
    return tuple(numbers)


def _evaluation_size(path: Path, sizes: object) -> tuple[Size, tuple[str, ...]]:
    """The size of evaluated images; of several the largest.

    Raises:
        ConfigError: It is none.
    """
    listed = [_size(path, one) for one in (sizes if isinstance(sizes, list) else [sizes])]
    if not listed:
        raise ConfigError(f"{path}: eval_image_size is empty; state a side in pixels")
    largest = max(listed, key=lambda size: sides_of(size)[0] * sides_of(size)[1])
    if len(set(listed)) == 1:
        return largest, ()
    shown = ", ".join(map(shown_size, listed))
    note = f"{path.name}: evaluates at {shown} pixels; took {shown_size(largest)}"
    return largest, (note,)


def _size(path: Path, value: object) -> Size:
    """A side, ``192-256`` for height and width as the authors write them, or a list of both."""
    try:
        if isinstance(value, str):
            sides = [int(side) for side in value.replace("x", "-").split("-")]
            return as_size(sides if len(sides) > 1 else sides[0])
        return as_size(value)  # type: ignore[arg-type]
    except (ConfigError, ValueError) as error:
        raise ConfigError(
            f"{path}: eval_image_size must be a side in pixels, or several, not"
            f" {shown_value(value)}"
        ) from error
