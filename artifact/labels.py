"""Class names, one per line."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..errors import DataError
from ..process.limits import LARGEST_TEXT
from ..process.reading import read_text


def read_labels(path: Path, classes: int | None = None) -> tuple[str, ...]:
    """Reads class names in order, one per line; empty lines at the end do not count.

    Args:
        path: The file.
        classes: How many there must be; any number by default.

    Raises:
        DataError: The file cannot be read, is empty, has an empty line, or has more or fewer names
            than there are classes.
    """
    try:
        lines = read_text(path, LARGEST_TEXT, "utf-8-sig").rstrip().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not a readable list of class names ({error})") from error
    names = tuple(line.strip() for line in lines)
    if not names:
        raise DataError(f"{path}: holds no class name; write one per line")
    for number, name in enumerate(names, 1):
        if not name:
            raise DataError(f"{path}: line {number} is empty; write one class name per line")
    if classes is not None and len(names) != classes:
        raise DataError(
            f"{path}: has {len(names)} names, but the model {classes} classes; export again"
        )
    return names


def repeated(names: Sequence[str]) -> dict[str, list[int]]:
    """The names that several classes have, with the numbers of these."""
    numbers = collections.defaultdict(list)
    for number, name in enumerate(names):
        numbers[name].append(number)
    return {name: same for name, same in numbers.items() if len(same) > 1}


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names that are all different: those that several classes have get the class numbers.

    For formats that keep results by class name, where two of a name would be one.
    """
    several, taken = repeated(names), set(names)
    unique = []
    for number, name in enumerate(names):
        changed = name
        while name in several and changed in taken:
            changed = f"{changed} ({number})"
        taken.add(changed)
        unique.append(changed)
    return tuple(unique)


def format_labels(names: Iterable[str]) -> str:
    """The content of a labels file.

    Raises:
        DataError: A name spans lines, so that the file could not be read back.
    """
    names = tuple(names)
    for name in names:
        if len(name.splitlines()) != 1 or name != name.strip():
            raise DataError(f"class name {name!r} does not fit one line of a labels file")
    return "".join(f"{name}\n" for name in names)
