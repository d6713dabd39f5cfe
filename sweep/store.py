"""Where a sweep keeps what it has found out, each piece in a file that is whole or not there."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..artifact.arrays import read_arrays
from ..errors import DataError, UsageError
from ..process.file_lock import release, try_lock
from ..process.limits import LARGEST_ANSWERS, LARGEST_TEXT
from ..process.reading import read_text
from ..process.replacing import replaced_file

MARK = ".lowformer-sweep"
"""A file in a sweep's folder, by which it is told from anybody else's."""

RESULT, TABLE, PAGE = "sweep.json", "sweep.csv", "index.html"

_DIGITS = 16
"""Of a key that is a name; a sweep has a few thousand pieces at most."""


class Store:
    """A sweep's folder.

    Args:
        folder: Where it is.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """Makes the folder, or goes on with an earlier run's; no other sweep works there meanwhile.

        Raises:
            UsageError: There is something that is no sweep's, or another sweep works there.
        """
        mark = self.folder / MARK
        is_empty = not self.folder.exists() or (
            self.folder.is_dir() and not any(self.folder.iterdir())
        )
        if not is_empty and not mark.is_file():
            raise UsageError(f"{self.folder}: is no sweep's folder; give another `output`")
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = try_lock(mark, create=True)
        if lock is None:
            raise UsageError(f"{self.folder}: another sweep works there; wait, or end it")
        try:
            yield
        finally:
            release(lock)

    def bundle(self, key: str) -> Path:
        """The bundle of a cell."""
        return self.folder / "cells" / key

    def path(self, kind: str, key: str, suffix: str = ".json") -> Path:
        """Where a piece is kept."""
        return self.folder / kind / f"{key}{suffix}"


def key_of(*parts: Any) -> str:
    """What stands for plain values in the names of files."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def write_values(path: Path, values: Any) -> None:
    """Writes plain values.

    Raises:
        ArtifactError: The file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with replaced_file(path) as temporary:
        temporary.write_text(json.dumps(values, indent=1), encoding="utf-8")


def read_values(path: Path) -> Any:
    """The same again; None where there is no such file, or what is no JSON.

    What cannot be read is done once more.
    """
    try:
        return json.loads(read_text(path, LARGEST_TEXT))
    except (OSError, ValueError):
        return None


def write_arrays(path: Path, arrays: dict[str, Any]) -> None:
    """Writes arrays by name.

    Raises:
        ArtifactError: The file cannot be written.
    """
    import numpy as np

    path.parent.mkdir(parents=True, exist_ok=True)
    with replaced_file(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)


def read_part(path: Path) -> dict[str, Any] | None:
    """The same again; None where there are none."""
    try:
        return read_arrays(path, LARGEST_ANSWERS)
    except DataError:
        return None
