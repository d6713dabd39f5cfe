"""Classes of the folders that images lie in."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.calibration.data.class_index import ClassIndex
from lowformer_edge.calibration.data.decoding import decode
from lowformer_edge.calibration.data.folder_labels import classes_of_folders
from lowformer_edge.calibration.data.imagenet import imagenet_classes
from lowformer_edge.calibration.data.images import find_images
from lowformer_edge.errors import DataError

ANIMALS = ("cat", "dog", "fish")


def png(shade: int = 0) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((8, 8, 3), shade, np.uint8)).save(buffer, "png")
    return buffer.getvalue()


def lay(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png())
    return folder


def zipped(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, png())
    return path


def labels_of(path: Path, names: tuple[str, ...] | None, num_classes: int) -> list[int] | None:
    labels = find_images(path).with_labels_of(names, num_classes).labels
    return None if labels is None else labels.tolist()


def test_1_1_folders_of_similar_names_are_their_own_classes(tmp_path: Path) -> None:
    lay(tmp_path, "C/a.png", "C++/a.png", "C#/a.png")
    assert labels_of(tmp_path, ("C", "C++", "C#"), 3) == [0, 2, 1]


def test_1_1_a_folder_that_may_be_two_classes(tmp_path: Path) -> None:
    lay(tmp_path, "crane/a.png")
    with pytest.raises(DataError, match=r"folder 'crane' may be class 0 \(crane\) or 2 \(crane\)"):
        labels_of(tmp_path, ("crane", "kite", "crane"), 3)


def test_1_1_two_folders_of_one_class(tmp_path: Path) -> None:
    lay(tmp_path, "cat/a.png", "Cat/a.png")
    with pytest.raises(DataError, match="folders Cat and cat would both be class 0"):
        labels_of(tmp_path, ANIMALS, 3)


def test_1_1_loose_names_are_said(tmp_path: Path) -> None:
    images = find_images(lay(tmp_path, "Cat_/a.png", "dog/a.png"))
    (note,) = images.with_labels_of(ANIMALS, 3).notes
    assert "took folder Cat_ as cat" in note


@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize("names", [None, tuple("abcdefghijkl")], ids=["unnamed", "named"])
def test_1_2_folders_of_numbers_are_class_numbers(
    width: int, names: tuple[str, ...] | None, tmp_path: Path
) -> None:
    lay(tmp_path, *(f"{number:0{width}}/a.png" for number in range(12)))
    images = find_images(tmp_path)
    labelled = images.with_labels_of(names, 12)
    assert labelled.labels is not None
    taken = {str(item): label for item, label in zip(images.items, labelled.labels, strict=True)}
    assert taken == {str(tmp_path / f"{n:0{width}}" / "a.png"): n for n in range(12)}
    assert labelled.order == "class folders taken as class numbers"
    assert labelled.order in labelled.name


def test_1_2_some_of_the_numbers(tmp_path: Path) -> None:
    assert labels_of(lay(tmp_path, "3/a.png", "10/a.png"), None, 12) == [10, 3]


def test_1_2_another_order_is_said(tmp_path: Path) -> None:
    lay(tmp_path, *(f"{number}/a.png" for number in range(1, 13)))
    labelled = find_images(tmp_path).with_labels_of(None, 12)
    assert labelled.labels is not None
    assert labelled.labels.tolist() == list(range(12))
    assert labelled.order == "class folders in sorted order"
    (note,) = labelled.notes
    assert "to give another order, give `labels`" in note


def test_1_2_numbers_count_from_0(tmp_path: Path) -> None:
    lay(tmp_path, "1/a.png", "2/a.png", "3/a.png")
    with pytest.raises(DataError, match=r"folder 3 is no class of the model .* count from 0"):
        labels_of(tmp_path, ANIMALS, 3)


def test_1_2_class_names_that_are_numbers_come_first(tmp_path: Path) -> None:
    assert labels_of(lay(tmp_path, "1/a.png", "3/a.png"), ("3", "2", "1"), 3) == [2, 0]


def test_1_2_known_names_take_nothing_for_granted(tmp_path: Path) -> None:
    labelled = find_images(lay(tmp_path, "cat/a.png", "fish/a.png")).with_labels_of(ANIMALS, 3)
    assert (labelled.order, labelled.notes) == ("", ())


@pytest.mark.parametrize("names", [ANIMALS, None], ids=["named", "unnamed"])
def test_1_9_stray_images_are_left_out_and_said(
    names: tuple[str, ...] | None, tmp_path: Path
) -> None:
    lay(tmp_path, "cat/a.png", "dog/a.png", "fish/a.png", "stray.png")
    labelled = find_images(tmp_path).with_labels_of(names, 3)
    assert labelled.labels is not None
    assert labelled.labels.tolist() == [0, 1, 2]
    assert "left out 1 image(s) beside the class folders" in labelled.notes[0]
    assert len(decode(labelled, Preprocessing(size=8))) == 3


def test_1_9_strays_beside_what_is_no_class_are_said(tmp_path: Path) -> None:
    images = find_images(lay(tmp_path, "more/a.png", "stray.png"))
    labelled = images.with_labels_of(ANIMALS, 3)
    assert (len(labelled), labelled.labels) == (2, None)
    (note,) = labelled.notes
    assert "no labels: 1 image(s) lie beside folders" in note
    assert "folder more is no class" in note


def test_1_9_an_archive_with_one_class(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", "val/dog/a.png", "val/dog/b.png")
    labelled = find_images(path).with_labels_of(ANIMALS, 3)
    assert labelled.labels is not None
    assert labelled.labels.tolist() == [1, 1]
    assert "all lie in folder dog, taken for class 1" in labelled.notes[0]
    assert labels_of(zipped(tmp_path / "y.zip", "2/a.png"), None, 3) == [2]


def test_1_9_an_archive_of_one_folder_that_is_no_class(tmp_path: Path) -> None:
    labelled = find_images(zipped(tmp_path / "x.zip", "holiday/a.png")).with_labels_of(ANIMALS, 3)
    assert labelled.labels is None
    assert "folder holiday, which is no class of the model" in labelled.notes[0]


def test_1_9_a_stray_in_an_archive(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", "set/dog/a.png", "set/cat/a.png", "set/stray.png")
    assert labels_of(path, ANIMALS, 3) == [0, 1]


@pytest.mark.parametrize(
    ("splits", "judged"),
    [(("train", "val"), "val"), (("Training", "test"), "test"), (("test", "valid"), "valid")],
)
def test_1_9_the_root_of_a_data_set(splits: tuple[str, str], judged: str, tmp_path: Path) -> None:
    root = tmp_path / "set"
    lay(root, *(f"{split}/{name}/a.png" for split in splits for name in ANIMALS))
    with pytest.raises(DataError, match=f"which are no classes; give {root}/{judged} to"):
        find_images(root)
    names = [f"set/{split}/cat/a.png" for split in splits]
    told = f"holds {splits[0]} and {splits[1]}, .* give from it, unpacked, {judged} to"
    with pytest.raises(DataError, match=told):
        find_images(zipped(tmp_path / "x.zip", *names))


def test_1_9_one_part_of_a_data_set(tmp_path: Path) -> None:
    images = find_images(lay(tmp_path, "val/cat/a.png", "val/dog/a.png"))
    with pytest.raises(DataError, match="folder val is no class of the model; give that folder"):
        images.with_labels_of(ANIMALS, 3)


def test_1_9_a_class_may_be_called_like_a_part(tmp_path: Path) -> None:
    assert labels_of(lay(tmp_path, "train/a.png", "plane/a.png"), ("plane", "train"), 2) == [0, 1]


@pytest.mark.parametrize("names", [None, ("x",) * 1000], ids=["unnamed", "of others"])
def test_2_5_wordnet_ids_are_imagenets_or_nothing(
    names: tuple[str, ...] | None, tmp_path: Path
) -> None:
    lay(tmp_path, "n01443537/a.JPEG", "n02119789/a.JPEG")
    if names:
        with pytest.raises(DataError, match="folder n01443537 is no class"):
            labels_of(tmp_path, names, 1000)
        return
    labelled = find_images(tmp_path).with_labels_of(None, 1000)
    assert labelled.labels is not None
    assert labelled.labels.tolist() == [1, 278]
    assert "by WordNet id" in labelled.order


def test_2_5_a_wordnet_id_of_another_set_is_named(tmp_path: Path) -> None:
    lay(tmp_path, "n01443537/a.JPEG", "n99999999/a.JPEG")
    with pytest.raises(DataError, match=r"folder n99999999 is no class of the model \(1 of 2"):
        labels_of(tmp_path, None, 1000)


def test_2_5_names_that_are_nearly_imagenets_are_never_sorted() -> None:
    words = {one.words.split(",")[0] for one in imagenet_classes()} - {"crane", "maillot"}
    folders = sorted(words | {"crane bird", "crane machine", "maillot 1", "maillot 2"})
    assert len(folders) == 1000
    with pytest.raises(DataError, match="folder crane bird is no class of the model"):
        classes_of_folders("x", folders, ClassIndex(None, 1000))
    others = [f"part {number:04}" for number in range(999)]
    found = classes_of_folders("x", [*others, "tench"], ClassIndex(None, 1000))
    assert found.order == "class folders in sorted order"


def test_2_5_wordnet_ids_of_other_models_are_in_sorted_order(tmp_path: Path) -> None:
    labelled = find_images(lay(tmp_path, "n09999999/a.png", "n01443537/a.png"))
    labelled = labelled.with_labels_of(None, 2)
    assert labelled.labels is not None
    assert (labelled.labels.tolist(), labelled.order) == ([0, 1], "class folders in sorted order")


def test_2_5_the_training_archive_is_a_tar_of_tars(tmp_path: Path) -> None:
    path = tmp_path / "ILSVRC2012_img_train.tar"
    with tarfile.open(path, "w") as outer:
        for shade, wordnet_id in ((10, "n01443537"), (20, "n02119789")):
            buffer = io.BytesIO()
            with tarfile.open(fileobj=buffer, mode="w") as inner:
                for number in range(2):
                    member = tarfile.TarInfo(f"{wordnet_id}_{number}.JPEG")
                    member.size = len(png(shade))
                    inner.addfile(member, io.BytesIO(png(shade)))
            member = tarfile.TarInfo(f"{wordnet_id}.tar")
            member.size = buffer.tell()
            outer.addfile(member, io.BytesIO(buffer.getvalue()))
    labelled = find_images(path).with_labels_of(None, 1000)
    assert labelled.labels is not None
    assert labelled.labels.tolist() == [1, 1, 278, 278]
    shades = decode(labelled, Preprocessing(size=8)).pixels[:][:, 0, 0, 0]
    assert shades.tolist() == [10, 10, 20, 20]


def test_2_5_damaged_tars_within_are_named(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as outer:
        member = tarfile.TarInfo("n01443537.tar")
        member.size = 2000
        outer.addfile(member, io.BytesIO(b"x" * 2000))
    with pytest.raises(DataError, match=r"x\.tar: not a whole archive \(n01443537\.tar in it"):
        find_images(path)


def test_2_5_archives_that_are_not_read_say_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "n01443537.tar").write_bytes(b"")
    with pytest.raises(DataError, match="unpack the archives in it"):
        find_images(tmp_path)
