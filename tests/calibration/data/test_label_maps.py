"""Label maps of images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from PIL import Image

from lowformer_edge.calibration.data.file_tree import FileTree
from lowformer_edge.calibration.data.image_set import ImageSet
from lowformer_edge.calibration.data.label_maps import GivenMap, StatedMap, map_images
from lowformer_edge.errors import DataError

from .annotated import decoded, map_of, save_image, save_map


def images_of(
    folder: Path,
    num_classes: int,
    reduce_zero_label: bool | None = None,
    *,
    may_count_from_one: bool = False,
) -> ImageSet:
    images, maps = (FileTree.open(folder / name).images() for name in ("images", "maps"))
    return map_images(
        images, maps, None, num_classes, reduce_zero_label, may_count_from_one=may_count_from_one
    )


def save_set(folder: Path, *maps: Sequence[Sequence[int]], mode: str = "L") -> Path:
    for number, labels in enumerate(maps):
        save_image(folder / "images" / f"{number}.jpg", len(labels), len(labels[0]))
        save_map(folder / "maps" / f"{number}.png", labels, mode)
    return folder


@pytest.mark.parametrize("mode", ["L", "P", "I;16"])
def test_values_are_the_models_class_numbers(mode: str, tmp_path: Path) -> None:
    images = images_of(save_set(tmp_path, [[0, 1, 255], [2, 2, 0]], mode=mode), 3)
    found = map_of(decoded(images), 0)
    assert found.tolist() == [[0, 1, 255], [2, 2, 0]]
    assert found.dtype == np.uint8
    assert any("taken as they are" in note and "255 as ignored" in note for note in images.notes)


def test_zero_may_be_of_no_class(tmp_path: Path) -> None:
    images = images_of(save_set(tmp_path, [[0, 1, 255], [3, 2, 0]]), 3, reduce_zero_label=True)
    assert map_of(decoded(images), 0).tolist() == [[255, 0, 255], [2, 1, 255]]
    assert any("taken less 1" in note and "0 and 255 as ignored" in note for note in images.notes)


@pytest.mark.parametrize(
    ("maps", "is_reduced"), [([[[0, 1]], [[2, 3]]], True), ([[[0, 4]], [[1, 1]]], None)]
)
def test_the_maps_own_labels_tell_in_ade20ks_folders(
    maps: list[list[list[int]]], is_reduced: bool | None, tmp_path: Path
) -> None:
    save_set(tmp_path, *maps)
    images = images_of(tmp_path, 3, may_count_from_one=True)
    if is_reduced:
        assert map_of(decoded(images), 1).tolist() == [[1, 2]]
    else:
        with pytest.raises(DataError, match="holds the label 4, but the model has 3 classes"):
            decoded(images)


def test_nothing_is_guessed_where_they_do_not_tell(tmp_path: Path) -> None:
    save_set(tmp_path, [[0, 1, 2]])
    with pytest.raises(DataError, match=r"no label 3 that would tell .* by `reduce_zero_label`"):
        images_of(tmp_path, 3, may_count_from_one=True)
    for given_value, expected in ((True, [[255, 0, 1]]), (False, [[0, 1, 2]])):
        images = images_of(tmp_path, 3, given_value, may_count_from_one=True)
        assert map_of(decoded(images), 0).tolist() == expected


def test_elsewhere_a_label_too_many_is_refused_with_the_advice(tmp_path: Path) -> None:
    images = images_of(save_set(tmp_path, [[0, 3]]), 3)
    with pytest.raises(DataError, match=r"0\.png: holds the label 3, .* give `reduce_zero_label`"):
        decoded(images)


@pytest.mark.parametrize(
    ("labels", "mode", "is_reduced", "message"),
    [
        ([[0, 9]], "L", False, "holds the label 9, but the model has 3 classes, 0 to 2"),
        ([[0, 9]], "L", True, "holds the label 9, but"),
        ([[0, 4]], "L", True, "holds the label 4, but"),
        ([[0, 256]], "I;16", True, "holds the label 256, but"),
        ([[0, 700]], "I;16", False, "holds the label 700, but"),
    ],
)
def test_labels_out_of_range(
    labels: list[list[int]], mode: str, is_reduced: bool, message: str, tmp_path: Path
) -> None:
    save_set(tmp_path, labels, mode=mode)
    with pytest.raises(DataError, match=rf"0\.jpg: .*0\.png: {message}"):
        decoded(images_of(tmp_path, 3, is_reduced))


def test_a_map_of_another_size_is_told(tmp_path: Path) -> None:
    save_set(tmp_path, [[0, 1]])
    save_image(tmp_path / "images" / "0.jpg", 2, 1)
    message = r"0\.jpg: is 2 x 1 pixels \(HxW\), but its label map .*0\.png 1 x 2"
    with pytest.raises(DataError, match=message):
        decoded(images_of(tmp_path, 3))


def test_a_missing_map_is_told(tmp_path: Path) -> None:
    save_set(tmp_path, [[0, 1]])
    save_image(tmp_path / "images" / "1.jpg")
    with pytest.raises(DataError, match=r"1\.jpg: has no label map in .*maps; add it"):
        images_of(tmp_path, 3)


@pytest.mark.parametrize("mode", ["RGB", "LA", "RGBA", "F"])
def test_pictures_of_colours_are_none(mode: str, tmp_path: Path) -> None:
    suffix = "tiff" if mode == "F" else "png"
    path = tmp_path / f"x.{suffix}"
    Image.new(mode, (2, 2)).save(path)
    with pytest.raises(DataError, match=rf"x\.{suffix}: is a picture of colours \({mode}\)"):
        StatedMap(path, 3, False).found(2, 2)


def test_a_jpeg_is_none(tmp_path: Path) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "x.jpg")
    with pytest.raises(DataError, match="is a JPEG, which changes labels"):
        StatedMap(tmp_path / "x.jpg", 3, False).found(8, 8)


def test_a_broken_map_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"x\.png: is no readable label map \(no image\)"):
        StatedMap(tmp_path / "x.png", 3, False).found(8, 8)


def test_more_classes_than_maps_can_tell(tmp_path: Path) -> None:
    save_set(tmp_path, [[0, 1]])
    assert len(images_of(tmp_path, 255)) == 1
    with pytest.raises(DataError, match="mark by 255 what is ignored, and the model has 256"):
        images_of(tmp_path, 256)


MAPS = arrays.arrays(np.uint8, st.tuples(st.integers(1, 4), st.integers(1, 4)))


@given(MAPS)
def test_a_reduced_map_is_the_plain_rule(tmp_path_factory: Any, labels: NDArray[np.uint8]) -> None:
    path = save_map(tmp_path_factory.mktemp("map") / "x.png", labels)
    found = StatedMap(path, 255, True).found(*labels.shape).annotation
    expected = [[255 if value in (0, 255) else value - 1 for value in row] for row in labels]
    assert isinstance(found, np.ndarray)
    assert found.tolist() == expected


def test_a_given_map_is_checked_as_well() -> None:
    assert GivenMap(np.array([[0, 2]], np.uint16), 3).found(1, 2).annotation is not None
    with pytest.raises(DataError, match="`labels`: holds the label 3"):
        GivenMap(np.array([[0, 3]], np.uint16), 3).found(1, 2)
    with pytest.raises(DataError, match=r"label map of `labels` \[1, 2\]"):
        GivenMap(np.array([[0, 3]], np.uint8), 3).found(2, 1)
