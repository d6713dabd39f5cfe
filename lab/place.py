"""Where laboratories are, and what is in them."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..errors import LabError

VARIABLE = "LOWFORMER_EDGE_LABS"
"""Names the folder of all laboratories, in place of the user's cache."""

VERSION = 2
"""Raised when laboratories built before can no longer be used."""

RECORD = "lab.json"


@dataclasses.dataclass(frozen=True)
class Lab:
    """A laboratory that was built.

    Attributes:
        folder: Where it is.
        versions: Of all that was put into it, by package.
    """

    folder: Path
    versions: dict[str, str]


def lab_folder(name: str) -> Path:
    """Where the laboratory of a name is or would be."""
    if place := os.environ.get(VARIABLE):
        return Path(place).absolute() / name
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "lowformer-edge" / "labs" / name


def open_lab(name: str) -> Lab:
    """A laboratory that was built before.

    Raises:
        LabError: It was not, or by another version.
    """
    folder = lab_folder(name)
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise LabError(f"there is no {name} lab; build it with: lowformer-lab {name}") from error
    except (OSError, ValueError) as error:
        raise LabError(
            f"{folder}: is damaged; build it again with: lowformer-lab {name} --force"
        ) from error
    if record.get("version") != VERSION:
        raise LabError(
            f"{folder}: is of another version; build it again with: lowformer-lab {name} --force"
        )
    return Lab(folder, record["versions"])


@contextlib.contextmanager
def new_lab(name: str, versions: dict[str, str], megabytes: int = 0) -> Iterator[Path]:
    """A folder to build a laboratory in, which takes its place when the block ends.

    If the block fails, an older laboratory stays as it was.

    Args:
        name: Of the laboratory.
        versions: Filled within the block; written down at its end.
        megabytes: Free space that the building needs; apt waits for ever on a full disk.

    Raises:
        LabError: There is less.
    """
    place = lab_folder(name)
    place.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(place.parent).free // 10**6
    if free < megabytes:
        raise LabError(
            f"{place.parent}: has {free} MB free, the {name} lab needs {megabytes}; make room,"
            f" or set {VARIABLE} to another folder"
        )
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=place.parent) as temporary:
        folder = Path(temporary) / name
        folder.mkdir()
        yield folder
        record = {"version": VERSION, "versions": dict(sorted(versions.items()))}
        (folder / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        older = Path(temporary) / "older"
        if place.exists():
            place.rename(older)
        folder.rename(place)


def remove_lab(name: str) -> bool:
    """Removes a laboratory; whether there was one."""
    folder = lab_folder(name)
    if not folder.exists():
        return False
    shutil.rmtree(folder)
    return True
