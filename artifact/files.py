"""What files and folders hold, and how much of it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from ..errors import ArtifactError
from ..process.reading import open_regular
from ..process.replacing import Contents


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hex; of a folder, that of its files' digests and names.

    For a folder this is what ``find . -type f ! -name .DS_Store | LC_ALL=C sort | xargs sha256sum
    | sha256sum`` gives within it: a Mac that shows a folder may leave a ``.DS_Store`` there.
    """
    if path.is_dir():
        return folder_digest(
            {file.relative_to(path).as_posix(): digest_of(file) for file in files_within(path)}
        )
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_digest(files: Mapping[str, str]) -> str:
    """The same of a folder, from the digests of its files by their paths within it."""
    names = sorted(files, key=os.fsencode)
    return hashlib.sha256(
        "".join(f"{files[name]}  ./{name}\n" for name in names).encode()
    ).hexdigest()


def size_of(path: Path) -> int:
    """Bytes of a file, or of a folder's files together."""
    if path.is_dir():
        return sum(file.stat().st_size for file in files_within(path))
    return path.stat().st_size


def files_within(folder: Path) -> list[Path]:
    """A folder's files at any depth, in the order of their paths' bytes, but ``.DS_Store``.

    Raises:
        ArtifactError: There is a link, or something that is no file.
    """
    found = []
    for path in folder.rglob("*"):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise ArtifactError(f"{path}: is a link or no file; do not trust {folder}")
        if path.is_file() and path.name != ".DS_Store":
            found.append(path)
    return sorted(found, key=lambda path: os.fsencode(path.relative_to(folder).as_posix()))


def is_inside(path: Path, folder: Path) -> bool:
    """Whether a path lies in a folder, wherever links lead; False of links in a circle."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):
        return False


def contents_of(folder: Path) -> Contents:
    """What is in a folder at any depth, but ``.DS_Store``.

    Raises:
        ArtifactError: It is no folder, or holds a link or something that is no file.
    """
    if folder.is_symlink() or not folder.is_dir():
        raise ArtifactError(f"{folder}: is no folder")
    files = {path.relative_to(folder).as_posix(): digest_of(path) for path in files_within(folder)}
    inner = (path for path in folder.rglob("*") if path.is_dir())
    return files | {f"{path.relative_to(folder).as_posix()}/": "" for path in inner}
