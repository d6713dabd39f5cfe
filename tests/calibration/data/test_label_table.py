from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from lowformer_edge.calibration.data.image_set import ImageSet
from lowformer_edge.calibration.data.images import find_images
from lowformer_edge.calibration.data.label_table import read_label_table
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


def lay(folder: Path, *names: str) -> ImageSet:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4)).save(folder / name, "png")
    return find_images(folder)


def numbers_by(
    content: str, images: ImageSet, folder: Path, names: tuple[str, ...] | None, num_classes: int
) -> list[int]:
    """The classes that a labels file gives images."""
    table = read_label_table(write(folder, content))
    labels = images.with_label_table(table, names, num_classes).labels
    assert labels is not None
    return labels.tolist()


def test_1_1_a_label_that_may_be_two_classes(tmp_path: Path) -> None:
    images = lay(tmp_path, "a.png")
    with pytest.raises(DataError, match=r"a\.png: its label 'crane' may be class 0 .* or 2 "):
        numbers_by("a.png,crane\n", images, tmp_path, ("crane", "kite", "crane"), 3)
    assert numbers_by("a.png,2\n", images, tmp_path, ("crane", "kite", "crane"), 3) == [2]


def test_1_9_labels_of_images_that_are_not_there_are_counted(tmp_path: Path) -> None:
    images = lay(tmp_path, "a.png")
    labelled = images.with_label_table({"a.png": "1", "b.png": "0", "c.png": "0"}, None, 2)
    (note,) = labelled.notes
    assert note == "2 of 3 labels are for images that are not there, such as b.png"


def test_1_9_images_without_a_label_are_counted(tmp_path: Path) -> None:
    images = lay(tmp_path, "a.png", "b.png", "c.png")
    with pytest.raises(DataError, match=r"b\.png: has no label .* \(2 of 3 images have none\)"):
        images.with_label_table({"a.png": "0"}, None, 2)


def test_1_9_one_name_of_several_images(tmp_path: Path) -> None:
    images = lay(tmp_path, "x/a.png", "y/a.png")
    with pytest.raises(DataError, match=r"a\.png: labels both .*x/a\.png and .*y/a\.png"):
        images.with_label_table({"a.png": "0"}, None, 2)
    assert numbers_by("x\\a.png,0\n./y/a.png,1\n", images, tmp_path, None, 2) == [0, 1]


def test_1_9_a_label_of_another_folders_image_is_not_taken(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no label"):
        lay(tmp_path, "val/1.png").with_label_table({"train/1.png": "0"}, None, 2)


def test_1_9_numbers_beyond_the_classes(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="its label '2' is no class; numbers are 0 to 1"):
        lay(tmp_path, "a.png").with_label_table({"a.png": "2"}, None, 2)


@pytest.mark.parametrize(
    "content",
    [
        "ILSVRC2012_val_00000001.JPEG 65\nILSVRC2012_val_00000002.JPEG 970\n",
        "val/ILSVRC2012_val_00000001.JPEG 65\nval/ILSVRC2012_val_00000002.JPEG 970\n",
        "ILSVRC2012_val_00000001.JPEG\t65\nILSVRC2012_val_00000002.JPEG\t970\n",
        "ILSVRC2012_val_00000001.JPEG n01751748\nILSVRC2012_val_00000002.JPEG n09193705\n",
        "ILSVRC2012_val_00000001,sea snake\nILSVRC2012_val_00000002,alp\n",
        "split,label,file\nval,65,ILSVRC2012_val_00000001.JPEG\nval,970,ILSVRC2012_val_00000002\n",
        "ImageId,PredictionString\nILSVRC2012_val_00000002,n09193705 85 1 499 272 \n"
        "ILSVRC2012_val_00000001,n01751748 1 2 3 4 n01751748 5 6 7 8 \n",
    ],
    ids=["Caffe", "with a folder", "tabs", "WordNet ids", "words", "headings", "Kaggle"],
)
def test_2_5_lists_of_imagenets_validation_images(content: str, tmp_path: Path) -> None:
    names = ("ILSVRC2012_val_00000001.JPEG", "ILSVRC2012_val_00000002.JPEG")
    images = lay(tmp_path / "val", *names)
    assert numbers_by(content, images, tmp_path, None, 1000) == [65, 970]


@pytest.mark.parametrize("content", ["a.png,1,cat\n", "a.png,tench, Tinca tinca\n"])
def test_2_5_columns_that_may_be_anything_are_refused(content: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"columns, such as .* name those to take in a first line"):
        read_label_table(write(tmp_path, content))


@settings(deadline=None)
@example(content="./,0")
@given(content=st.text() | st.text('ab.,1\t"\n \\/'))
def test_any_text_is_a_table_or_one_error(
    content: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    try:
        table = read_label_table(path)
    except DataError:
        return
    assert table
    assert all(image and label for image, label in table.items())


def test_4_labels_of_a_pipe_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "labels.csv")
    with pytest.raises(DataError, match="is not a regular file"):
        read_label_table(tmp_path / "labels.csv")
