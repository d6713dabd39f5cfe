"""Which files are images, by their names."""

from __future__ import annotations

import collections
import os
import stat
from collections.abc import Iterable
from pathlib import Path, PurePath

from ...errors import DataError
from ...process.text import printable

SUFFIXES = frozenset(
    (
        *(".avif", ".bmp", ".dib", ".gif", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg"),
        *(".jpx", ".mpo", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".qoi", ".tga", ".tif"),
        *(".tiff", ".webp"),
    )
)
"""Of the photos and pictures that Pillow reads; none that needs another program, such as .eps."""

_BESIDE_IMAGES = frozenset(
    (".csv", ".db", ".html", ".ini", ".json", ".md", ".tsv", ".txt", ".xml", ".yaml", ".yml")
)
"""What lies beside images and is nobody's image."""


def is_image(name: str) -> bool:
    """Whether a file's name is that of an image that can be read."""
    return PurePath(name).suffix.lower() in SUFFIXES


def passed_over(names: Iterable[str]) -> str | None:
    """One line on files that may be somebody's images and cannot be read; None without any."""
    kinds = collections.Counter(
        suffix or "without a suffix"
        for suffix in (PurePath(name).suffix.lower() for name in names if not is_image(name))
        if suffix not in _BESIDE_IMAGES
    )
    if not kinds:
        return None
    listed = ", ".join(f"{count} {printable(kind)}" for kind, count in kinds.most_common(6))
    more = ", ..." if len(kinds) > 6 else ""
    count = kinds.total()
    return (
        f"passed over {count} file{'s' * (count > 1)} that cannot be read as images: {listed}{more}"
    )


def files_below(folder: Path) -> list[Path]:
    """Files below a folder, sorted; links are followed once, hidden files and folders are not.

    Raises:
        DataError: A folder cannot be read.
    """

    def refuse(error: OSError) -> None:
        raise DataError(f"{error.filename}: cannot be read ({error.strerror})") from error

    visited, found = set(), []
    for place, folders, files in os.walk(folder, followlinks=True, onerror=refuse):
        visited.add(os.path.realpath(place))
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and os.path.realpath(os.path.join(place, name)) not in visited  # noqa: PTH118
        ]
        found += [Path(place, name) for name in files if not name.startswith(".")]
    return sorted(found)


def check_regular(path: Path) -> None:
    """Refuses what would never end or never come, such as a pipe; what is missing may pass.

    Raises:
        DataError: It is neither a regular file nor missing.
    """
    try:
        mode = path.stat().st_mode
    except OSError:
        return
    if not stat.S_ISREG(mode):
        raise DataError(f"{path}: is not a regular file; give one, or take it away")
