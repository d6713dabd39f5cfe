"""Labels of images from a file of their own."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError
from ...process.limits import LARGEST_TABLE
from ...process.reading import read_text
from ...process.text import printable
from .archive import Member
from .class_index import ClassIndex, Way
from .devkit import is_devkit, read_devkit
from .image_files import check_regular

_IMAGE_HEADINGS = frozenset(
    (
        *("file", "filename", "filepath", "id", "image", "imageid", "imagename", "imagepath"),
        *("img", "name", "path"),
    )
)
_LABEL_HEADINGS = frozenset(
    ("category", "class", "classid", "classname", "label", "predictionstring", "synset", "target")
)


def read_label_table(path: Path) -> dict[str, str]:
    """Reads an image's file name and its class, by name, number or WordNet id, from each line.

    Columns are divided by commas, tabs, or else by the line's last space. A first line such as
    ``image,label`` is a heading, and says which columns these are where there are more than two.
    Kaggle's ``LOC_val_solution.csv`` is read as well, and ImageNet's development kit: its archive,
    its folder, or its ``ILSVRC2012_validation_ground_truth.txt``.

    Raises:
        DataError: The file cannot be read, is empty, or has a line without two columns or a
            second label for an image.
    """
    if is_devkit(path):
        return read_devkit(path)
    table: dict[str, str] = {}
    for number, row in enumerate(_rows(path), 1):
        image, label = _image_and_label(row)
        if not image or not label:
            raise DataError(f"{path}: row {number} needs an image and a label, got {row}")
        if table.setdefault(image, label) != label:
            labels = f"{printable(table[image])} and {printable(label)}"
            raise DataError(f"{path}: {printable(image)} has two labels, {labels}")
    if not table:
        raise DataError(f"{path}: holds no label")
    return table


def _image_and_label(row: Sequence[str]) -> tuple[str, str]:
    """An image's path within its folder, and its label; empty where they are not there."""
    if len(row) != 2:
        return "", ""
    return row[0].replace("\\", "/").removeprefix("./"), row[1]


def _rows(path: Path) -> list[list[str]]:
    """An image and its label of each line.

    Raises:
        DataError: The file cannot be read, or it is not clear which columns these are.
    """
    check_regular(path)
    try:
        text = read_text(path, LARGEST_TABLE, "utf-8-sig")
        rows = _divided([line for line in text.splitlines() if line.strip()])
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{path}: not a readable CSV of labels ({error})") from error
    heading = [_heading(cell) for cell in rows[0]] if rows else []
    image = next((k for k, cell in enumerate(heading) if cell in _IMAGE_HEADINGS), None)
    label = next((k for k, cell in enumerate(heading) if cell in _LABEL_HEADINGS), None)
    if image is None or label is None:
        wide = next((row for row in rows if len(row) > 2), None)
        if wide is not None:
            raise DataError(
                f"{path}: has lines of {len(wide)} columns, such as {wide}; name those to take in a"
                " first line, image and label, or put quotes around a label with commas"
            )
        return rows
    is_kaggles = heading[label] == "predictionstring"
    chosen = [[row[k] for k in (image, label) if k < len(row)] for row in rows[1:]]
    return [[*row[:1], *row[1].split()[:1]] if is_kaggles and row[1:] else row for row in chosen]


def _divided(lines: Sequence[str]) -> list[list[str]]:
    """The cells of lines, without spaces around them."""
    if lines and all("," in line for line in lines):
        rows = list(csv.reader(lines))
    elif lines and all("\t" in line for line in lines):
        rows = list(csv.reader(lines, delimiter="\t"))
    else:
        rows = [next(csv.reader([line])) if "," in line else line.rsplit(None, 1) for line in lines]
    return [[cell.strip() for cell in row] for row in rows]


def _heading(cell: str) -> str:
    return "".join(char for char in cell.casefold() if char.isalnum())


@dataclasses.dataclass(frozen=True)
class ItemLabels:
    """The classes of images.

    Attributes:
        numbers: int64 [N].
        order: What was taken for granted of the classes' order; empty where nothing was.
        notes: What else a user should know.
    """

    numbers: NDArray[np.int64]
    order: str
    notes: tuple[str, ...]


def label_items(
    items: Sequence[Path | Member], table: Mapping[str, str], index: ClassIndex
) -> ItemLabels:
    """The classes of images by a table of file names.

    Args:
        items: The images.
        table: The label of each, by its file name, with or without suffix, or the end of its path.
        index: The model's classes.

    Raises:
        DataError: An image has no label or several, a label is for several images, or is no class.
    """
    keys = _keys_of(items, table)
    found = {}
    for item, key in zip(items, keys, strict=True):
        label = table[key]
        if label in found:
            continue
        try:
            one = index.find(label)
        except DataError as error:
            raise DataError(f"{printable(str(item))}: its label {error}") from error
        if one is None:
            last = index.num_classes - 1
            raise DataError(
                f"{printable(str(item))}: its label {label!r} is no class; numbers are 0 to {last}"
            )
        found[label] = one
    unused = list(dict.fromkeys(table).keys() - set(keys))
    notes = []
    if unused:
        notes.append(
            f"{len(unused)} of {len(table)} labels are for images that are not there, such as"
            f" {printable(min(unused))}"
        )
    ways = {one.way for one in found.values()}
    # Numbers are what a table holds by itself; nothing is taken for granted with them.
    taken = [way.value for way in (Way.WORDNET_ID, Way.IMAGENET_NAME) if way in ways]
    order = f"labels taken {' and '.join(taken)}" if taken else ""
    numbers = np.array([found[table[key]].number for key in keys], np.int64)
    return ItemLabels(numbers, order, tuple(notes))


def _keys_of(items: Sequence[Path | Member], table: Mapping[str, str]) -> list[str]:
    """By which name each image is in a table.

    Raises:
        DataError: An image is not in it, or one name is that of several images.
    """
    named = [(item, _key_of(item, table)) for item in items]
    missing = [item for item, key in named if key is None]
    if missing:
        raise DataError(
            f"{printable(str(missing[0]))}: has no label in the CSV file ({len(missing)} of"
            f" {len(items)} images have none); add them, or move these images away"
        )
    owners: dict[str, Path | Member] = {}
    for item, key in named:
        assert key is not None
        if key in owners:
            both = f"{printable(str(owners[key]))} and {printable(str(item))}"
            raise DataError(
                f"{printable(key)}: labels both {both}; give their paths in the CSV file"
            )
        owners[key] = item
    return list(owners)


def _key_of(item: Path | Member, table: Mapping[str, str]) -> str | None:
    """By which name an image is in a table: the longest end of its path that is there."""
    parts = [part for part in item.parts if part != "/"]
    paths = ["/".join(parts[start:]) for start in range(len(parts))]
    suffix = PurePosixPath(paths[-1]).suffix
    bare = [path.removesuffix(suffix) for path in paths]
    return next((path for path in (*paths, *bare) if path in table), None)
