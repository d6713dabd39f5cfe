"""Annotations by the layout of folders and files."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from lowformer_edge.calibration.data.annotated_images import (
    ModelClasses,
    images_with_maps,
    images_with_objects,
)
from lowformer_edge.calibration.data.file_tree import FileTree
from lowformer_edge.calibration.data.image_set import ImageSet
from lowformer_edge.errors import DataError

from .annotated import (
    coco_fields,
    decoded,
    map_of,
    objects_in,
    save_coco,
    save_image,
    save_map,
    save_voc,
    voc_object,
)

DOGS = ModelClasses(("person", "dog"), 2)
THREE = ModelClasses(None, 3)


@pytest.fixture
def voc(tmp_path: Path) -> Path:
    """VOC's folders with two images, the second for validation."""
    root = tmp_path / "VOCdevkit" / "VOC2012"
    for name in ("a", "b"):
        save_image(root / "JPEGImages" / f"{name}.jpg", 1, 2)
        save_voc(root / "Annotations" / f"{name}.xml", voc_object("dog", 1, 1, 2, 1), size=(1, 2))
        save_map(root / "SegmentationClass" / f"{name}.png", [[0, 2]], "P")
    for part in ("Main", "Segmentation"):
        (root / "ImageSets" / part).mkdir(parents=True)
        (root / "ImageSets" / part / "val.txt").write_text("b\n")
    return root


@pytest.fixture
def ade20k(tmp_path: Path) -> Path:
    """ADE20K's folders with an image of each part."""
    root = tmp_path / "ADEChallengeData2016"
    for part, name in (("training", "ADE_train_1"), ("validation", "ADE_val_1")):
        save_image(root / "images" / part / f"{name}.jpg", 1, 3)
        save_map(root / "annotations" / part / f"{name}.png", [[0, 1, 3]])
    return root


def names_of(images: ImageSet | None) -> list[str]:
    assert images is not None
    return [Path(str(item)).name for item in images.items]


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_vocs_folders_are_found_from_any_folder_above(depth: int, voc: Path) -> None:
    root = (voc, *voc.parents)[depth]
    images = images_with_objects(FileTree.open(root), None, DOGS)
    assert names_of(images) == ["b.jpg"]
    assert objects_in(decoded(images), 0).boxes.tolist() == [[0, 0, 2, 1]]
    images = images_with_maps(FileTree.open(root), None, THREE, None)
    assert names_of(images) == ["b.jpg"]
    assert map_of(decoded(images), 0).tolist() == [[0, 2]]


def test_without_a_list_all_of_vocs_images_are_taken(voc: Path) -> None:
    (voc / "ImageSets" / "Main" / "val.txt").unlink()
    images = images_with_objects(FileTree.open(voc), None, DOGS)
    assert names_of(images) == ["a.jpg", "b.jpg"]


def test_another_list_may_be_given(voc: Path) -> None:
    listed = voc / "ImageSets" / "Main" / "train.txt"
    listed.write_text("a\n")
    tree = FileTree.open(voc)
    assert names_of(images_with_objects(tree, listed, DOGS)) == ["a.jpg"]
    assert names_of(images_with_maps(tree, listed, THREE, None)) == ["a.jpg"]


def test_a_list_needs_vocs_folders(tmp_path: Path) -> None:
    save_image(tmp_path / "a.jpg")
    (tmp_path / "val.txt").write_text("a\n")
    with pytest.raises(DataError, match="holds no folders JPEGImages and Annotations"):
        images_with_objects(FileTree.open(tmp_path), tmp_path / "val.txt", DOGS)


def test_the_folder_of_annotations_may_be_given(voc: Path) -> None:
    """And pictures of maps beside it are no images."""
    tree = FileTree.open(voc)
    images = images_with_objects(tree, voc / "Annotations", DOGS)
    assert names_of(images) == ["a.jpg", "b.jpg"]
    images = images_with_maps(tree, voc / "SegmentationClass", THREE, None)
    assert names_of(images) == ["a.jpg", "b.jpg"]


def test_annotations_may_lie_among_images(tmp_path: Path) -> None:
    save_image(tmp_path / "a.png")
    save_voc(tmp_path / "a.xml", voc_object("dog", 1, 1, 5, 5))
    images = images_with_objects(FileTree.open(tmp_path), tmp_path, DOGS)
    assert names_of(images) == ["a.png"]


def test_maps_may_lie_below_images(tmp_path: Path) -> None:
    save_image(tmp_path / "a.png", 1, 2)
    save_map(tmp_path / "masks" / "a.png", [[0, 1]])
    images = images_with_maps(FileTree.open(tmp_path), tmp_path / "masks", THREE, None)
    assert names_of(images) == ["a.png"]


def test_an_archive_of_maps_goes_with_an_archive_of_images(ade20k: Path) -> None:
    packed = []
    for name in ("images", "annotations"):
        packed.append(ade20k / f"{name}.zip")
        with zipfile.ZipFile(packed[-1], "w") as archive:
            for path in (ade20k / name / "validation").iterdir():
                archive.write(path, f"{name}/validation/{path.name}")
    images = images_with_maps(FileTree.open(packed[0]), packed[1], THREE, True)
    assert map_of(decoded(images), 0).tolist() == [[255, 0, 2]]


def test_ade20k_is_known_by_its_folders_and_validation_is_taken(ade20k: Path) -> None:
    images = images_with_maps(FileTree.open(ade20k), None, THREE, None)
    assert names_of(images) == ["ADE_val_1.jpg"]
    assert map_of(decoded(images), 0).tolist() == [[255, 0, 2]]
    assert images is not None
    assert any("taken less 1" in note for note in images.notes)


@pytest.mark.parametrize("source", ["", "images/validation"])
def test_ade20ks_folders_may_be_named(source: str, ade20k: Path) -> None:
    labels = ade20k / "annotations" / "validation"
    images = images_with_maps(FileTree.open(ade20k / source), labels, THREE, None)
    assert names_of(images) == ["ADE_val_1.jpg"]
    assert map_of(decoded(images), 0).tolist() == [[255, 0, 2]]


def test_other_folders_of_images_and_maps_are_not_ade20ks(tmp_path: Path) -> None:
    save_image(tmp_path / "images" / "a.jpg", 1, 2)
    save_map(tmp_path / "annotations" / "a.png", [[0, 2]])
    images = images_with_maps(FileTree.open(tmp_path), None, THREE, None)
    assert map_of(decoded(images), 0).tolist() == [[0, 2]]


def test_plain_images_have_no_annotations(tmp_path: Path) -> None:
    save_image(tmp_path / "cat" / "a.jpg")
    tree = FileTree.open(tmp_path)
    assert images_with_objects(tree, None, DOGS) is None
    assert images_with_maps(tree, None, THREE, None) is None


def test_coco_goes_by_its_suffix(tmp_path: Path) -> None:
    save_image(tmp_path / "val" / "a.png")
    path = save_coco(tmp_path, coco_fields())
    classes = ModelClasses(("person", "traffic light"), 2)
    assert names_of(images_with_objects(FileTree.open(tmp_path), path, classes)) == ["a.png"]
    with pytest.raises(DataError, match=r"instances\.json: holds no label maps; give a folder"):
        images_with_maps(FileTree.open(tmp_path), path, THREE, None)


def test_other_annotations_are_told(tmp_path: Path) -> None:
    save_image(tmp_path / "images" / "a.png")
    (tmp_path / "empty").mkdir()
    (tmp_path / "labels.csv").write_text("a.png,1")
    tree = FileTree.open(tmp_path / "images")
    for name, message in (
        ("empty", r"empty: holds no VOC \.xml file; of COCO give the \.json"),
        ("labels.csv", r"labels\.csv: is no annotation of objects"),
    ):
        with pytest.raises(DataError, match=message):
            images_with_objects(tree, tmp_path / name, DOGS)
    for name, message in (
        ("empty", "empty: holds no label map"),
        ("labels.csv", r"labels\.csv: holds no label maps"),
    ):
        with pytest.raises(DataError, match=message):
            images_with_maps(tree, tmp_path / name, THREE, None)


@pytest.mark.parametrize(
    "name",
    [
        *("JPEGImages/b.jpg", "Annotations/b.xml", "SegmentationClass/b.png"),
        *("ImageSets/Main/val.txt", "ImageSets/Segmentation/val.txt"),
    ],
)
def test_pipes_are_refused_and_not_waited_for(name: str, voc: Path) -> None:
    (voc / name).unlink()
    os.mkfifo(voc / name)
    with pytest.raises(DataError, match=rf"{Path(name).name}: is not a regular file"):
        for images in (
            images_with_objects(FileTree.open(voc), None, DOGS),
            images_with_maps(FileTree.open(voc), None, THREE, None),
        ):
            decoded(images)
