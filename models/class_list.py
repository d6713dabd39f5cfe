"""Class names as people keep them: a list, numbered lines, WordNet's, or JSON."""

from __future__ import annotations

import ast
import dataclasses
import json
import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..artifact.labels import read_labels
from ..errors import DataError
from ..process.limits import LARGEST_LIST
from ..process.reading import read_text
from ..process.text import printable

_NUMBERED = re.compile(r"(\d{1,7})\s*[\s:,]\s*(.+)")
_WORDNET = re.compile(r"(n\d{8})(?:\s*[\s:,]\s*(.+))?")


@dataclasses.dataclass(frozen=True)
class ClassList:
    """Class names.

    Attributes:
        names: In order.
        note: What was taken off lines of the file, or of which order they are; empty if nothing.
    """

    names: tuple[str, ...]
    note: str = ""


def read_class_list(path: Path) -> ClassList:
    """Reads class names in order.

    From lines ``tench``, ``0 tench`` or ``n01440764 tench, Tinca tinca``; or from a JSON of a list
    of names, of names by number such as ``{"0": "tench"}`` or ``{"0": ["n01440764", "tench"]}``,
    of numbers by name, or with one of these as ``id2label`` or ``label2id``.

    Raises:
        DataError: The file cannot be read, or names or numbers are missing.
    """
    if path.exists() and not path.is_file():
        raise DataError(f"{path}: is not a regular file; give a list of class names")
    if path.exists() and path.stat().st_size > LARGEST_LIST:
        raise DataError(
            f"{path}: larger than {LARGEST_LIST // 1024**2} MiB; no list of class names"
        )
    content = _parsed(path)
    if content is not None:
        return _of_object(path, content)
    names = read_labels(path)
    bare = _without_wordnet_ids(path, names) or _without_numbers(path, names)
    if bare is None and re.search(r"[,\t]", names[0]):  # perhaps "id,name"
        bare = _without_numbers(path, names[1:])
    return bare or ClassList(names)


def _without_numbers(path: Path, lines: Sequence[str]) -> ClassList | None:
    """The names of lines that begin with their class numbers, from 0 or 1; None if they do not."""
    matches = [match for line in lines if (match := _NUMBERED.fullmatch(line))]
    numbers = [int(match[1]) for match in matches]
    first = min(numbers, default=0)
    if len(matches) < len(lines) or sorted(numbers) != list(range(first, first + len(lines))):
        return None
    names = dict(zip(numbers, (match[2] for match in matches), strict=True))
    # "1 euro" and "2 euro" begin with numbers that belong to the names.
    if first > 1 or len(lines) < 2 or len(set(names.values())) < 0.9 * len(lines):
        return None
    ordered = tuple(names[number] for number in sorted(names))
    told = "class numbers" if first == 0 else "numbers from 1"
    return ClassList(
        ordered, f"{printable(path.name)}: lines begin with {told}, which were taken off"
    )


def _without_wordnet_ids(path: Path, lines: Sequence[str]) -> ClassList | None:
    """The words of lines that begin with a WordNet id; None if they do not.

    Raises:
        DataError: They are in another order than that in which models count ImageNet's classes.
    """
    matches = [match for line in lines if (match := _WORDNET.fullmatch(line))]
    if len(matches) < len(lines):
        return None
    ids = [match[1] for match in matches]
    if len(set(ids)) == 1000 and ids != sorted(ids):
        raise DataError(
            f"{path}: its WordNet ids are not sorted, but models count ImageNet's classes in that"
            " order; sort the lines, or take the ids off if the model counts in this order"
        )
    words = tuple(match[2] for match in matches)
    if not all(words):
        return None
    return ClassList(words, _note(path, "WordNet ids"))


def _note(path: Path, taken_off: str) -> str:
    return f"{printable(path.name)}: lines begin with {taken_off}, which were taken off"


def _parsed(path: Path) -> object:
    """A JSON, or a dictionary or list as Python prints it; None where the file is neither.

    Raises:
        DataError: It is called a JSON and is none, or an object in it has a key twice.
    """
    try:
        text = read_text(path, LARGEST_LIST, "utf-8-sig").strip()
    except (OSError, UnicodeDecodeError):
        return None  # reading its lines says what is wrong
    is_json = path.suffix.lower() == ".json"
    if text[:1] not in ("{", "[") and not is_json:
        return None
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: _unique(path, pairs))
    except (ValueError, RecursionError):
        pass
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes
            return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
        if is_json:
            raise DataError(f"{path}: is no JSON; {_WANTED}") from error
        return None


def _of_object(path: Path, content: object) -> ClassList:
    """The class names of a list or a dictionary.

    Raises:
        DataError: It is none of those that are known.
    """
    for key in ("id2label", "label2id"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if isinstance(content, dict):
        content = _in_order(path, content)
    if not isinstance(content, list) or not content:
        raise DataError(f"{path}: {_WANTED}")
    names = [_name_of(item) for item in content]
    for number, name in enumerate(names):
        if not name:
            raise DataError(f"{path}: class {number} has no name; {_WANTED}")
    return ClassList(tuple(filter(None, names)))


_WANTED = 'give a list of names, or {"0": "name", ...} with all numbers from 0'


def _unique(path: Path, pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are all different.

    Raises:
        DataError: Two are the same.
    """
    content: dict[str, Any] = {}
    for key, value in pairs:
        if key in content:
            raise DataError(f"{path}: has {key!r} twice; {_WANTED}")
        content[key] = value
    return content


def _in_order(path: Path, content: Mapping[Any, Any]) -> list[Any]:
    """What an object holds by number, in order.

    Raises:
        DataError: The numbers are not 0, 1, 2 and so on.
    """
    by_number = {int(key): value for key, value in content.items() if _is_number(key)}
    if not by_number:
        by_number = {value: key for key, value in content.items() if type(value) is int}
    if len(by_number) < len(content) or sorted(by_number) != list(range(len(content))):
        raise DataError(f"{path}: {_WANTED}")
    return [by_number[number] for number in range(len(content))]


def _is_number(key: object) -> bool:
    return type(key) is int or bool(isinstance(key, str) and re.fullmatch("[0-9]{1,7}", key))


def _name_of(item: object) -> str | None:
    """A name, also of a WordNet id with its words."""
    if isinstance(item, list | tuple) and item and all(isinstance(part, str) for part in item):
        words = item[1:] if _WORDNET.fullmatch(item[0]) else item
        item = ", ".join(words)
    return " ".join(item.split()) if isinstance(item, str) else None
