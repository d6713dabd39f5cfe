"""COCO's annotations of objects: one JSON file for a folder or an archive of images."""

from __future__ import annotations

import collections
import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import DataError
from ...process.limits import LARGEST_ANNOTATIONS
from ...process.reading import read_text
from ...process.text import one_line, printable
from .categories import classes_of_categories
from .coco_classes import COCO_CLASSES
from .file_tree import FileTree, Item, regular
from .image_files import check_regular
from .image_set import ImageSet
from .stated_objects import StatedObjects


@dataclasses.dataclass(frozen=True)
class _Image:
    """An image as the file lists it."""

    file_name: str
    size: tuple[int, int] | None


@dataclasses.dataclass(frozen=True)
class _Object:
    """An object as the file states it."""

    box: tuple[float, float, float, float]
    category: int
    is_crowd: bool
    area: float | None


@dataclasses.dataclass(frozen=True)
class CocoFile:
    """What a file of COCO's states.

    Attributes:
        path: The file.
        categories: Names by id, in the order of the ids.
        images: By id.
        objects: Of each image that has any, by its id.
    """

    path: Path
    categories: Mapping[int, str]
    images: Mapping[int, _Image]
    objects: Mapping[int, Sequence[_Object]]

    @property
    def name(self) -> str:
        """The file's, for messages."""
        return printable(self.path.name)


def read_coco(path: Path) -> CocoFile:
    """Reads a file such as ``instances_val2017.json``.

    Raises:
        DataError: It is no such file, or a number is impossible.
    """
    check_regular(path)
    try:
        fields = json.loads(read_text(path, LARGEST_ANNOTATIONS, "utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: not a readable JSON file ({one_line(error)})") from error
    if not isinstance(fields, dict):
        raise DataError(f"{path}: is no COCO file, which holds an object with `images`")
    lists = {name: _list_of(path, fields, name) for name in ("images", "categories", "annotations")}
    categories = _by_id(path, "categories", lists["categories"])
    images = _by_id(path, "images", lists["images"])
    names = {key: _text(path, f"category {key}", one, "name") for key, one in categories.items()}
    listed = {key: _image(path, key, one) for key, one in images.items()}
    objects = collections.defaultdict(list)
    for number, one in enumerate(lists["annotations"]):
        image = _id(path, f"annotation {number}", one, "image_id")
        if image not in listed:
            raise DataError(
                f"{path}: annotation {number} is of image {image}, which `images` does not list"
            )
        found = _object(path, f"annotation {number} (of {listed[image].file_name})", one)
        if found.category not in names:
            raise DataError(
                f"{path}: annotation {number} is of category {found.category}, which `categories`"
                " does not list"
            )
        objects[image].append(found)
    return CocoFile(path, dict(sorted(names.items())), listed, objects)


def coco_images(
    tree: FileTree, file: CocoFile, class_names: Sequence[str] | None, num_classes: int
) -> ImageSet:
    """The images that a file lists, with their objects.

    Args:
        tree: What holds the images.
        file: The file.
        class_names: The model's, if they are known.
        num_classes: The model's.

    Raises:
        DataError: None of the images is there, or categories are no classes of the model.
    """
    used = {one.category for objects in file.objects.values() for one in objects}
    classes = classes_of_categories(
        file.name, file.categories, used, class_names, num_classes, COCO_CLASSES
    )
    items, annotations, missing = [], [], []
    for key, item in _items_of(tree, file).items():
        image = file.images[key]
        if item is None:
            missing.append(image.file_name)
            continue
        items.append(item)
        annotations.append(_stated(file, key, classes.numbers))
    if not items:
        raise DataError(
            f"{tree.path}: holds none of the {len(file.images)} images of {file.name}, such as"
            f" {printable(missing[0])}"
        )
    notes = [*classes.notes, *_notes(tree, file, missing, len(items))]
    images = ImageSet(f"images of {tree.name}", items, annotations=annotations, notes=tuple(notes))
    return images.in_order(classes.order)


def _items_of(tree: FileTree, file: CocoFile) -> Mapping[int, Item | None]:
    """The file of each listed image by its id, None where it is not there, in order of names.

    Raises:
        DataError: A name fits several files, or a file several names.
    """
    found: dict[int, Item | None] = {}
    owners: dict[str, str] = {}
    for key, image in sorted(file.images.items(), key=lambda one: one[1].file_name):
        path = tree.find(image.file_name)
        if path is not None and path in owners:
            raise DataError(
                f"{file.path}: lists {printable(owners[path])} and {printable(image.file_name)},"
                f" which are both {printable(path)} of {tree.path}"
            )
        if path is not None:
            owners[path] = image.file_name
        found[key] = None if path is None else regular(tree.files[path])
    return found


def _stated(file: CocoFile, key: int, numbers: Mapping[int, int]) -> StatedObjects:
    """An image's objects, with the model's classes."""
    objects = file.objects.get(key, ())
    boxes = [one.box for one in objects]
    return StatedObjects.of(
        file.name,
        file.images[key].size,
        [(x, y, x + width, y + height) for x, y, width, height in boxes],
        [numbers[one.category] for one in objects],
        [one.is_crowd for one in objects],
        [
            max(box[2] * box[3], 0) if one.area is None else one.area
            for box, one in zip(boxes, objects, strict=True)
        ],
    )


def _notes(tree: FileTree, file: CocoFile, missing: Sequence[str], used: int) -> list[str]:
    """What a user should know of images and areas, a line each."""
    notes = []
    if missing:
        notes.append(
            f"{len(missing)} of {len(file.images)} images of {file.name} are not in {tree.path}:"
            f" {_listed(missing)}"
        )
    others = len(tree.images().files) - used
    if others > 0:
        notes.append(f"left out {others} image(s) of {tree.path} that {file.name} does not list")
    unknown = sum(one.area is None for objects in file.objects.values() for one in objects)
    if unknown:
        notes.append(f"{file.name}: {unknown} objects have no area; took those of their boxes")
    return notes


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(map(printable, names[:3])) + more


def _list_of(path: Path, fields: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """A list of objects that must be there and hold some.

    Raises:
        DataError: It is not, or does not.
    """
    values = fields.get(name)
    if not isinstance(values, list) or not all(isinstance(one, dict) for one in values):
        raise DataError(
            f"{path}: has no list `{name}`; give COCO's annotations of objects, such as"
            " instances_val2017.json"
        )
    if not values:
        raise DataError(f"{path}: `{name}` is empty; give a file that holds some")
    return values


def _by_id(path: Path, name: str, values: Sequence[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Entries by their ids.

    Raises:
        DataError: One has none, or two have the same.
    """
    found: dict[int, dict[str, Any]] = {}
    for number, one in enumerate(values):
        key = _id(path, f"number {number} of `{name}`", one, "id")
        if key in found:
            raise DataError(f"{path}: `{name}` holds the id {key} twice")
        found[key] = one
    return found


def _id(path: Path, whose: str, fields: Mapping[str, Any], name: str) -> int:
    value = fields.get(name)
    if type(value) is not int:
        raise DataError(f"{path}: {whose} has no whole number as `{name}`, but {_shown(value)}")
    return value


def _text(path: Path, whose: str, fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value.strip():
        raise DataError(f"{path}: {whose} has no text as `{name}`, but {_shown(value)}")
    return value


def _number(path: Path, whose: str, value: object, name: str) -> float:
    """A finite number.

    Raises:
        DataError: It is none.
    """
    try:
        number = float(value) if type(value) in (int, float) else math.nan  # type: ignore[arg-type]
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise DataError(f"{path}: {whose} has no finite number in `{name}`, but {_shown(value)}")
    return number


def _image(path: Path, key: int, fields: Mapping[str, Any]) -> _Image:
    file_name = _text(path, f"image {key}", fields, "file_name")
    sides = fields.get("height"), fields.get("width")
    if sides == (None, None):
        return _Image(file_name, None)
    height, width = (_id(path, f"image {key}", fields, name) for name in ("height", "width"))
    return _Image(file_name, (height, width))


def _object(path: Path, whose: str, fields: Mapping[str, Any]) -> _Object:
    """Reads an annotation.

    Raises:
        DataError: A field is missing or impossible.
    """
    whose = printable(whose)
    box = fields.get("bbox")
    if not isinstance(box, list) or len(box) != 4:
        raise DataError(f"{path}: {whose} needs `bbox` as [x, y, width, height], not {_shown(box)}")
    x, y, width, height = (_number(path, whose, value, "bbox") for value in box)
    area = fields.get("area")
    if area is not None:
        area = _number(path, whose, area, "area")
        if area < 0:
            raise DataError(f"{path}: {whose} has the area {area}; none is below 0")
    crowd = fields.get("iscrowd", 0)
    if crowd not in (0, 1):
        raise DataError(f"{path}: {whose} needs 0 or 1 as `iscrowd`, not {_shown(crowd)}")
    category = _id(path, whose, fields, "category_id")
    return _Object((x, y, width, height), category, bool(crowd), area)


def _shown(value: object) -> str:
    """A value of the file, in few letters."""
    text = "nothing" if value is None else printable(repr(value))
    return text if len(text) <= 60 else f"{text[:57]}..."
