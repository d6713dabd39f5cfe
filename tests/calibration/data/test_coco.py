"""COCO's annotations of objects."""

from __future__ import annotations

import json
import re
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lowformer_edge.calibration.data.coco import coco_images, read_coco
from lowformer_edge.calibration.data.file_tree import FileTree
from lowformer_edge.calibration.data.image_set import ImageSet
from lowformer_edge.errors import DataError

from .annotated import annotation, coco_fields, decoded, objects_in, save_coco, save_image

NAMES = ("traffic_light", "person")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "val2017"
    for name in ("a.png", "b.png"):
        save_image(folder / name)
    return folder


def images_of(
    photos: Path, fields: dict[str, Any], names: tuple[str, ...] | None = NAMES, count: int = 2
) -> ImageSet:
    file = read_coco(save_coco(photos.parent, fields))
    return coco_images(FileTree.open(photos), file, names, count)


def test_objects_are_corners_and_the_models_classes(photos: Path) -> None:
    samples = decoded(images_of(photos, coco_fields()))
    first, second = objects_in(samples, 0), objects_in(samples, 1)
    assert first.boxes.tolist() == [[1, 2, 11, 22], [0, 0, 40, 30], [5.5, 6, 12.5, 14.25]]
    assert first.classes.tolist() == [1, 0, 1]
    assert first.crowd.tolist() == [False, True, False]
    assert first.areas.tolist() == [150.5, 900, 20]
    assert len(second) == 0
    assert second.boxes.shape == (0, 4)
    assert samples.placements[0].to_input(first.boxes).shape == (3, 4)


def test_archives_do_as_well(photos: Path) -> None:
    with zipfile.ZipFile(photos.parent / "val2017.zip", "w") as packed:
        packed.write(photos / "a.png", "val2017/a.png")
        packed.write(photos / "b.png", "val2017/b.png")
    with tarfile.open(photos.parent / "val2017.tar", "w") as tar:
        tar.add(photos, "val2017")
    for name in ("val2017.zip", "val2017.tar"):
        samples = decoded(images_of(photos.parent / name, coco_fields()))
        assert [len(objects_in(samples, number)) for number in range(2)] == [3, 0]


def test_ids_with_gaps_count_in_their_order_where_names_are_unknown(photos: Path) -> None:
    images = images_of(photos, coco_fields(), names=None)
    samples = decoded(images)
    assert objects_in(samples, 0).classes.tolist() == [0, 1, 0]  # person has the smaller id
    order = "categories taken in the order of their ids, 'person' as class 0"
    assert samples.class_order == order
    assert any(order in note for note in images.notes)


def test_a_model_of_80_classes_has_cocos(photos: Path) -> None:
    samples = decoded(images_of(photos, coco_fields(), names=None, count=80))
    assert objects_in(samples, 0).classes.tolist() == [0, 9, 0]


def test_only_listed_images_are_taken_and_others_are_told(photos: Path) -> None:
    save_image(photos / "c.png")
    fields = coco_fields()
    fields["images"].append({"id": 5, "file_name": "gone.png"})
    images = images_of(photos, fields)
    assert [Path(str(item)).name for item in images.items] == ["a.png", "b.png"]
    assert any("1 of 3 images of instances.json are not in" in one for one in images.notes)
    assert any(one.endswith("gone.png") for one in images.notes)
    assert any(one.startswith("left out 1 image(s)") for one in images.notes)


def test_boxes_beyond_images_are_clipped_and_told(photos: Path) -> None:
    fields = coco_fields()
    fields["annotations"] = [
        annotation(1, 3, [-5, 10, 20, 30], area=9),
        annotation(2, 3, [30, 5, 10.000001, 5], area=9),
    ]
    notes: list[str] = []
    found = objects_in(decoded(images_of(photos, fields), notes), 0)
    assert found.boxes.tolist() == [[0, 10, 15, 30], [30, 5, 40, 10]]
    (note,) = notes
    assert note.startswith("1 boxes reach beyond their images and were clipped, the first of ")
    assert note.endswith("a.png")


@pytest.mark.parametrize("box", [[3, 3, 0, 5], [3, 3, 5, -1], [41, 0, 5, 5], [-9, 0, 9, 9]])
def test_boxes_that_hold_nothing_are_left_out_and_told(box: list[float], photos: Path) -> None:
    fields = coco_fields()
    fields["annotations"].append(annotation(4, 3, box, area=1))
    notes: list[str] = []
    assert len(objects_in(decoded(images_of(photos, fields), notes), 0)) == 3
    assert notes[0].startswith("1 boxes hold nothing of their images and were left out")


def test_areas_that_nobody_states_are_those_of_boxes(photos: Path) -> None:
    fields = coco_fields()
    fields["annotations"] = [annotation(1, 3, [0, 0, 4, 5])]
    images = images_of(photos, fields)
    assert objects_in(decoded(images), 0).areas.tolist() == [20]
    assert any("1 objects have no area" in note for note in images.notes)


def test_a_draw_keeps_images_and_objects_together(photos: Path) -> None:
    fields = coco_fields()
    fields["images"] += [{"id": 100 + n, "file_name": f"n{n}.png"} for n in range(9)]
    for number in range(9):
        save_image(photos / f"n{number}.png")
        fields["annotations"].append(
            annotation(10 + number, 3, [number, 0, 5, 5], area=1) | {"image_id": 100 + number}
        )
    images = images_of(photos, fields).sample(6, seed=1)
    samples = decoded(images)
    seen = 0
    for number, item in enumerate(images.items):
        name = Path(str(item)).stem
        if name.startswith("n"):
            assert objects_in(samples, number).boxes[0, 0] == int(name[1:])
            seen += 1
    assert seen >= 4


def test_unreadable_images_take_their_objects_with_them(photos: Path) -> None:
    (photos / "a.png").write_bytes(b"no image")
    samples = decoded(images_of(photos, coco_fields()))
    assert len(samples) == 1
    assert len(objects_in(samples, 0)) == 0


def test_images_of_another_size_are_others(photos: Path) -> None:
    save_image(photos / "a.png", 40, 30)
    message = r"a\.png: is 40 x 30 pixels \(HxW\), but by instances\.json 30 x 40"
    with pytest.raises(DataError, match=message):
        decoded(images_of(photos, coco_fields()))


Change = Callable[[dict[str, Any]], object]


def changed(key: str, **values: Any) -> Change:
    """Changes the first entry of a list."""
    return lambda fields: fields[key][0].update(values)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda fields: fields.pop("images"), "has no list `images`"),
        (lambda fields: fields.update(images=[]), "`images` is empty"),
        (lambda fields: fields.update(categories=[]), "`categories` is empty"),
        (lambda fields: fields.pop("categories"), "has no list `categories`"),
        (lambda fields: fields.update(annotations=[]), "`annotations` is empty"),
        (lambda fields: fields.update(annotations=[3]), "has no list `annotations`"),
        (changed("annotations", image_id=99), "annotation 0 is of image 99, which `images`"),
        (changed("annotations", category_id=99), "annotation 0 is of category 99"),
        (changed("annotations", bbox=[0, 0, float("nan"), 1]), "no finite number in `bbox`"),
        (changed("annotations", bbox=[0, 0, 10**400, 1]), "no finite number in `bbox`"),
        (changed("annotations", bbox=[0, 0, True, 1]), "no finite number in `bbox`"),
        (changed("annotations", bbox=[0, 0, 1]), r"needs `bbox` as \[x, y, width, height\]"),
        (changed("annotations", area=float("inf")), "no finite number in `area`"),
        (changed("annotations", area=-1), "has the area -1"),
        (changed("annotations", iscrowd=2), "needs 0 or 1 as `iscrowd`"),
        (changed("categories", name="fig", id=3), "`categories` holds the id 3 twice"),
        (changed("categories", name=" "), "category 7 has no text as `name`"),
        (changed("images", id="11"), "has no whole number as `id`, but '11'"),
        (changed("images", file_name="b.png"), r"lists b\.png and b\.png, which are both b\.png"),
        (changed("images", height=None), "image 11 has no whole number as `height`"),
    ],
)
def test_faults_are_told_in_one_line(change: Change, message: str, photos: Path) -> None:
    fields = coco_fields()
    change(fields)
    with pytest.raises(DataError, match=message) as caught:
        images_of(photos, fields)
    assert "instances.json" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", '{"images"', "[" * 100_000, '"x"'])
def test_other_files_are_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(DataError, match=r"x\.json: (not a readable JSON|is no COCO)"):
        read_coco(tmp_path / "x.json")


def test_images_that_are_somewhere_else_are_told(photos: Path, tmp_path: Path) -> None:
    save_image(tmp_path / "other" / "x.png")
    with pytest.raises(DataError, match=re.escape("none of the 2 images of instances.json")):
        images_of(tmp_path / "other", coco_fields())


def test_every_published_category_is_the_class_of_its_name(photos: Path) -> None:
    """The order of ids is the order of classes, though ids leave numbers out."""
    from lowformer_edge.calibration.data.coco_classes import COCO_CLASSES

    left_out = {12, 26, 29, 30, 45, 66, 68, 69, 71, 83}
    ids = [number for number in range(1, 91) if number not in left_out]
    fields = coco_fields()
    fields["categories"] = [
        {"id": number, "name": name} for number, name in zip(ids, COCO_CLASSES.names, strict=True)
    ]
    fields["annotations"] = [annotation(n, n, [0, 0, 5, 5], area=25) for n in ids]
    found = objects_in(decoded(images_of(photos, fields, names=None, count=80)), 0)
    assert np.array_equal(found.classes, np.arange(80))
    assert json.loads((photos.parent / "instances.json").read_text())["categories"][79]["id"] == 90
