"""Values on their way to a process of our own and back, in a file that nobody else can write."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from types import FunctionType
from typing import Any


class CannotTravelError(Exception):
    """A value holds what another process cannot make again."""


class _Pickler(pickle.Pickler):
    """Refuses what the main program defines, such as a notebook: another process has another."""

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, type | FunctionType) and obj.__module__ == "__main__":
            raise pickle.PicklingError(f"{obj.__qualname__} is the main program's")
        return NotImplemented


def save_object(path: Path, value: object) -> None:
    """Writes a value, with where its modules are found.

    Args:
        path: The file, in a folder that other users cannot write to, see :func:`.workplace`.
        value: What :mod:`pickle` takes.

    Raises:
        CannotTravelError: It takes it not.
    """
    try:
        with path.open("wb") as file:
            pickle.dump(sys.path, file)
            _Pickler(file, pickle.HIGHEST_PROTOCOL).dump(value)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise CannotTravelError(str(error)) from error


def load_object(path: Path, *, extend: bool = False) -> Any:
    """The value that a process of our own wrote.

    Args:
        path: The file.
        extend: Whether modules are looked for where they were found there, too.
    """
    with path.open("rb") as file:
        places = pickle.load(file)  # noqa: S301 - no file of others, see save_object
        if extend:
            sys.path += [place for place in places if place not in sys.path]
        return pickle.load(file)  # noqa: S301
