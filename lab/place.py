"""Where laboratories are, and what is in them."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from ..errors import LabError
from ..process.replacing import (
    Contents,
    Ownership,
    named_contents,
    recover_folder,
    removed_folder,
    replaced_folder,
)
from ..process.text import printable

VARIABLE = "LOWFORMER_EDGE_LABS"
"""Names the folder of all laboratories, in place of the user's cache."""

VERSIONS = {"android": 4, "arm": 5, "data": 4, "gpu": 4, "web": 4}
"""By laboratory, raised when one that was built before can no longer be used."""

RECORD = "lab.json"

FILES = "lab-files.json"
"""Lists all that was put into a laboratory, so that nothing else goes with it."""

_CACHE, _SHADERS = "__pycache__", "shaders"
"""Folders that are filled by what runs from a laboratory: anywhere in it, and at its top."""


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
    if not isinstance(record, dict) or "version" not in record:
        raise LabError(f"{folder}: is damaged; build it again with: lowformer-lab {name} --force")
    if record["version"] != VERSIONS.get(name, 0):
        raise LabError(
            f"{folder}: is of another version; build it again with: lowformer-lab {name} --force"
        )
    return Lab(folder, record["versions"])


@contextlib.contextmanager
def new_lab(name: str, versions: dict[str, str], megabytes: int = 0) -> Iterator[Path]:
    """A folder to build a laboratory in, which takes its place when the block ends.

    If the block fails, an older laboratory stays as it was; so does anything else at its place.
    What a dead run left there is cleared first.

    Args:
        name: Of the laboratory.
        versions: Filled within the block; written down at its end.
        megabytes: Free space that the building needs; apt waits for ever on a full disk.

    Raises:
        LabError: There is less, or something else is at its place.
    """
    place = lab_folder(name)
    with replaced_folder(place, LAB) as folder:
        free = shutil.disk_usage(folder).free // 10**6
        if free < megabytes:
            raise LabError(
                f"{place.parent}: has {free} MB free, the {name} lab needs {megabytes}; make room,"
                f" or set {VARIABLE} to another folder"
            )
        yield folder
        record = {"version": VERSIONS.get(name, 0), "versions": dict(sorted(versions.items()))}
        (folder / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        entries = [*_entries(folder), FILES]
        (folder / FILES).write_text(json.dumps(entries, indent=0) + "\n", encoding="utf-8")


def remove_lab(name: str) -> bool:
    """Removes a laboratory; whether there was one.

    Raises:
        LabError: It is none, or holds what the laboratory did not bring.
    """
    folder = lab_folder(name)
    recover_folder(folder, LAB)
    if not os.path.lexists(folder):
        return False
    removed_folder(folder, LAB)
    return True


def _own_entries(folder: Path) -> Contents:
    """What a laboratory holds, where it brought all of it.

    Raises:
        LabError: It holds something else, or is none.
    """
    away = f"move it away, or set {VARIABLE} to another folder"
    if folder.is_symlink() or not folder.is_dir():
        raise LabError(f"{folder}: is no folder; {away}")
    try:
        listed = json.loads((folder / FILES).read_text(encoding="utf-8"))
        known = {name for name in listed if isinstance(name, str)}
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise LabError(
            f"{folder}: has no list of its files, so it is no lab, or an older version's; {away}"
        ) from error
    entries = _entries(folder)
    strangers = [name for name in entries if name not in known]
    if strangers:
        raise LabError(f"{folder}: holds {printable(strangers[0])}, which is not the lab's; {away}")
    return named_contents(folder, entries)


def _entries(folder: Path) -> list[str]:
    """All files, links and folders within a folder, but caches, in order."""
    entries = []
    for place, folders, files in os.walk(folder):
        here = Path(place).relative_to(folder)
        folders[:] = [
            name
            for name in folders
            if (folder / here / name).is_symlink() or not _is_cache(here / name)
        ]
        entries += [(here / name).as_posix() for name in (*folders, *files)]
    return sorted(entries)


def _is_cache(path: Path) -> bool:
    return path.name == _CACHE or path == Path(_SHADERS)


LAB = Ownership(_own_entries, passing=_is_cache)
"""What may be removed of a laboratory."""
