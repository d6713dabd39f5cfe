"""Reading YAML and JSON files, whatever is in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..process.limits import LARGEST_TEXT, MOST_VALUES
from ..process.reading import read_text

YAML = (".yaml", ".yml")

_MOST_BITS = 1023
"""Of a whole number; larger ones are beyond the floats, and too long to be shown."""


def read_values(path: Path) -> Any:
    """What a YAML or JSON file holds, as plain values.

    Args:
        path: JSON, unless its name ends as YAML's do.

    Raises:
        OSError: It cannot be read.
        ValueError: It is neither, is nested too deeply, or its aliases stand for more values than
            anybody writes.
    """
    text = read_text(path, LARGEST_TEXT)
    try:
        content = _from_yaml(text) if path.suffix in YAML else json.loads(text)
        if _count(content, {}) > MOST_VALUES:
            raise ValueError(f"stands for more than {MOST_VALUES} values")
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return content


def _from_yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _count(value: Any, counted: dict[int, int]) -> int:
    """How many values one is, those that an alias stands for as often as it does.

    Args:
        value: What was read.
        counted: By the identity of each list and mapping, how many it is.

    Raises:
        ValueError: A value holds itself, or is a number that no float reaches.
    """
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        raise ValueError(f"has a number of {value.bit_length()} bits")
    if not isinstance(value, list | dict | set | tuple):
        return 1
    if id(value) not in counted:
        counted[id(value)] = 0
        held = [*value, *value.values()] if isinstance(value, dict) else list(value)
        counted[id(value)] = 1 + sum(_count(one, counted) for one in held)
    if not counted[id(value)]:
        raise ValueError("an alias stands for what holds it")
    return counted[id(value)]
