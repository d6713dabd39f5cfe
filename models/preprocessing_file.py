"""Parameters of the preprocessing in a JSON or YAML file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..artifact.size import as_size
from ..errors import ConfigError, UsageError
from ..process.text import one_line
from .stated_preprocessing import FILE, PARAMETERS, StatedPreprocessing
from .values_file import read_values

_SUFFIXES = (".json", ".yaml", ".yml")
_SIDES = ("height", "width")
_DERIVED = "resize"
"""What manifests state too, and what follows from the other parameters."""


def with_file(stated: StatedPreprocessing, path: Path) -> StatedPreprocessing:
    """A preprocessing with what a file states.

    Args:
        stated: What other sources stated, which the file beats.
        path: JSON or YAML with some of the parameters by name; ``height`` and ``width`` may stand
            for ``size``, and all of it may lie under ``preprocessing``, as in a manifest.

    Raises:
        ConfigError: The file cannot be read, or states what is unknown or impossible.
    """
    fields = dict(_fields_of(path))
    resize = fields.pop(_DERIVED, None)
    if fields.keys() & set(_SIDES):
        if "size" in fields or not set(_SIDES) <= fields.keys():
            raise ConfigError(f"{path}: needs either size, or both height and width")
        fields["size"] = tuple(fields.pop(side) for side in _SIDES)
    unknown = sorted(str(name) for name in fields if name not in PARAMETERS)
    if unknown:
        raise ConfigError(
            f"{path}: preprocessing has no {', '.join(unknown)}; it has {', '.join(PARAMETERS)}"
        )
    try:
        used = stated.updated(fields, FILE)
        if resize is not None and as_size(resize) != as_size(used.preprocessing.resize):
            raise ConfigError(
                f"resize {list(resize)} contradicts the other parameters, which give"
                f" {list(used.preprocessing.resize)}; leave it out"
            )
    except (UsageError, OverflowError) as error:
        raise ConfigError(f"{path}: {error}") from error
    return used


def _fields_of(path: Path) -> Mapping[str, Any]:
    """What a file states, which is something.

    Raises:
        ConfigError: It cannot be read, or states nothing.
    """
    if path.suffix not in _SUFFIXES:
        raise ConfigError(f"{path}: a preprocessing is a {', '.join(_SUFFIXES)} file")
    if not path.is_file():
        raise ConfigError(f"{path}: there is no such file")
    try:
        content = read_values(path)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: not readable ({one_line(error)})") from error
    if isinstance(content, Mapping) and isinstance(content.get("preprocessing"), Mapping):
        content = content["preprocessing"]
    if not isinstance(content, Mapping) or not content:
        raise ConfigError(
            f"{path}: states no preprocessing; it takes some of {', '.join(PARAMETERS)}"
        )
    return content
