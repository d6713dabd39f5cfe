from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lowformer_edge.calibration.data.images import ImageSet, find_images
from lowformer_edge.calibration.data.label_table import class_number, read_label_table
from lowformer_edge.errors import DataError


def write(folder: Path, content: str) -> Path:
    path = folder / "labels.csv"
    path.write_text(content, encoding="utf-8-sig")
    return path


@pytest.mark.parametrize("heading", ["", "image,label\n", "Filename, Class\n"])
def test_tables_with_and_without_heading(heading: str, tmp_path: Path) -> None:
    table = read_label_table(write(tmp_path, f'{heading}a.png,3\n"b, c.png",cat\n\n'))
    assert table == {"a.png": "3", "b, c.png": "cat"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "holds no label"),
        ("image,label\n", "holds no label"),
        ("a.png\n", "row 1 needs an image and a label"),
        ("a.png,1\na.png,2\n", "has two labels, 1 and 2"),
    ],
)
def test_tables_that_are_refused(content: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=reason):
        read_label_table(write(tmp_path, content))


def test_files_that_are_no_table(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not a readable CSV"):
        read_label_table(tmp_path / "absent.csv")
    (tmp_path / "labels.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="not a readable CSV"):
        read_label_table(tmp_path / "labels.csv")


@pytest.mark.parametrize(
    ("label", "expected"),
    [("cat", 0), ("7", 1), ("1", 1), ("2", 2), ("3", None), ("-1", None), ("²", None), ("x", None)],
)
def test_labels_are_names_first_and_numbers_second(label: str, expected: int | None) -> None:
    assert class_number(label, {"cat": 0, "7": 1, "dog": 2}, 3) == expected


def test_images_are_labelled_by_name_or_by_path(tmp_path: Path) -> None:
    for name in ("a.png", "sub/a.png", "sub/b.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    images = find_images(tmp_path)
    table = {"a.png": "cat", "sub/a.png": "dog", "b.png": "1"}
    labelled = images.with_label_table(table, ("cat", "dog"), 2)
    assert labelled.labels is not None
    assert labelled.labels.tolist() == [0, 1, 1]
    with pytest.raises(DataError, match=r"b\.png: has no label"):
        images.with_label_table({"a.png": "cat"}, ("cat", "dog"), 2)
    with pytest.raises(DataError, match="its label 'fish' is no class"):
        images.with_label_table({**table, "b.png": "fish"}, ("cat", "dog"), 2)
    arrays = ImageSet("x", np.zeros((1, 4, 4), np.uint8))
    with pytest.raises(DataError, match="have no names"):
        arrays.with_label_table(table, None, 2)
