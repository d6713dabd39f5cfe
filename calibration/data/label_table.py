"""Labels of images from a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from ...errors import DataError


def read_label_table(path: Path) -> dict[str, str]:
    """Reads a CSV of two columns: an image's file name, and its class by name or number.

    A first line whose columns are called ``image`` (or ``file``, ``filename``) and ``label`` (or
    ``class``) is a heading.

    Raises:
        DataError: The file cannot be read, is empty, or has a line without two columns or a
            second label for an image.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{path}: not a readable CSV of labels ({error})") from error
    if rows and _is_heading(rows[0]):
        rows = rows[1:]
    table: dict[str, str] = {}
    for number, row in enumerate(rows, 1):
        if len(row) < 2:
            raise DataError(f"{path}: row {number} needs an image and a label, got {row}")
        image, label = row[0].strip(), row[1].strip()
        if table.setdefault(image, label) != label:
            raise DataError(f"{path}: {image} has two labels, {table[image]} and {label}")
    if not table:
        raise DataError(f"{path}: holds no label")
    return table


def _is_heading(row: list[str]) -> bool:
    names = [cell.strip().casefold() for cell in row[:2]]
    return names[0] in ("image", "file", "filename") and names[1:] in (["label"], ["class"])


def class_number(label: str, class_names: Mapping[str, int], num_classes: int) -> int | None:
    """The class that a label means, by name or by number; None if it is neither."""
    if label in class_names:
        return class_names[label]
    if label.isascii() and label.isdigit() and int(label) < num_classes:
        return int(label)
    return None
