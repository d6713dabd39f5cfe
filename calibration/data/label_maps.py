"""Label maps: for each image a picture of one channel, whose values are classes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from ...artifact.annotations import IGNORED, LabelMap
from ...artifact.image_file import opened_image
from ...errors import DataError
from ...process.text import one_line, printable
from .archive import Member
from .file_tree import FileTree, Item, regular
from .image_list import images_of
from .image_set import ImageSet
from .stated_annotation import FoundAnnotation

_MODES = ("1", "L", "P", "I", "I;16", "I;16B", "I;16L")
"""Pillow's, of one channel of whole numbers; a palette's colours are passed over."""

_LOSSY = ("JPEG", "MPO", "WEBP")


@dataclasses.dataclass(frozen=True)
class StatedMap:
    """The label map of one image.

    Attributes:
        item: Its file.
        num_classes: The model's.
        reduce_zero_label: Whether 0 is of no class and the others count from 1.
    """

    item: Item
    num_classes: int
    reduce_zero_label: bool

    def found(self, height: int, width: int) -> FoundAnnotation:
        """The class of each pixel of an image of a height and width.

        Raises:
            DataError: The map cannot be read, is of another size, or holds what is no class.
        """
        name = printable(str(self.item))
        labels = read_labels_of_pixels(self.item)
        if labels.shape != (height, width):
            tall, wide = labels.shape
            raise DataError(
                f"is {height} x {width} pixels (HxW), but its label map {name} {tall} x {wide};"
                " give one of the same size"
            )
        if self.reduce_zero_label:
            labels = np.where(labels == 0, IGNORED, labels - (labels < IGNORED))
        checked = checked_labels(name, labels, self.num_classes, self.reduce_zero_label)
        return FoundAnnotation(checked)


@dataclasses.dataclass(frozen=True, eq=False)
class GivenMap:
    """A label map that somebody made.

    Attributes:
        labels: Whole numbers [H, W].
        num_classes: The model's.
    """

    labels: LabelMap
    num_classes: int

    def found(self, height: int, width: int) -> FoundAnnotation:
        """See :meth:`StatedMap.found`."""
        if self.labels.shape != (height, width):
            raise DataError(
                f"is {height} x {width} pixels (HxW), but its label map of `labels`"
                f" {list(self.labels.shape)}; give one of the same size"
            )
        return FoundAnnotation(
            checked_labels("`labels`", self.labels.astype(np.int64), self.num_classes, False)
        )


def map_images(
    images: FileTree,
    maps: FileTree,
    listed: Item | None,
    num_classes: int,
    reduce_zero_label: bool | None,
    *,
    may_count_from_one: bool,
) -> ImageSet:
    """Images with the label maps of the same names.

    Args:
        images: What holds the images.
        maps: What holds the maps.
        listed: A list of the images to take; all if None.
        num_classes: The model's.
        reduce_zero_label: Whether 0 is of no class and the others count from 1; False if None,
            unless the maps' own labels must tell.
        may_count_from_one: Whether they must, since the folders are ADE20K's.

    Raises:
        DataError: An image has no map, or it is not clear what 0 is.
    """
    if num_classes > IGNORED:
        raise DataError(
            f"label maps mark by {IGNORED} what is ignored, and the model has {num_classes}"
            f" classes; give one of at most {IGNORED}"
        )
    items, notes = images_of(images, listed)
    found = maps.partners_of(items, "label map")
    is_reduced = bool(reduce_zero_label)
    if reduce_zero_label is None and may_count_from_one:
        is_reduced = _counts_from_one(maps, found, num_classes)
    taken, ignored = ("less 1", f"0 and {IGNORED}") if is_reduced else ("as they are", IGNORED)
    note = f"{maps.name}: labels taken {taken} for the model's class numbers, {ignored} as ignored"
    return ImageSet(
        f"images of {images.name}",
        list(items.values()),
        annotations=[StatedMap(item, num_classes, is_reduced) for item in found],
        notes=(*notes, note),
    )


def read_labels_of_pixels(item: Item) -> NDArray[np.integer[Any]]:
    """The values of a map, as they are, of a type that has room for them and no larger.

    Raises:
        DataError: It cannot be read, or is no label map.
    """
    name = printable(str(regular(item)))
    try:
        with opened_image(item.open() if isinstance(item, Member) else item) as image:
            if image.format in _LOSSY:
                raise DataError(f"{name}: is a {image.format}, which changes labels; give a PNG")
            if image.mode not in _MODES:
                raise DataError(
                    f"{name}: is a picture of colours ({image.mode}); give a map of one channel,"
                    " whose values are classes"
                )
            values = np.asarray(image)
            return values.astype(np.uint8) if values.dtype == bool else values
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        reason = "no image" if isinstance(error, UnidentifiedImageError) else one_line(error)
        raise DataError(f"{name}: is no readable label map ({reason}); replace it") from error


def checked_labels(
    name: str, labels: NDArray[np.integer[Any]], num_classes: int, is_reduced: bool
) -> NDArray[np.uint8]:
    """Labels that are the model's classes or ignored.

    Raises:
        DataError: Others are among them.
    """
    is_strange = (labels < 0) | (labels >= num_classes)
    is_strange &= labels != IGNORED
    if is_strange.any():
        worst = int(labels[is_strange].max())
        stated = worst + 1 if is_reduced and worst < IGNORED else worst
        advice = "the label map of another model"
        if worst == num_classes and not is_reduced:
            advice = "where 0 is of no class and the others count from 1, give `reduce_zero_label`"
        classes = "class, 0" if num_classes == 1 else f"classes, 0 to {num_classes - 1}"
        raise DataError(
            f"{name}: holds the label {stated}, but the model has {num_classes} {classes}; {advice}"
        )
    return labels.astype(np.uint8)


def _counts_from_one(maps: FileTree, items: Sequence[Item], num_classes: int) -> bool:
    """Whether maps have exactly one label more than the model classes.

    Raises:
        DataError: They have fewer, so that nothing is clear.
    """
    most = 0
    for item in items:
        labels = read_labels_of_pixels(item)
        most = max(most, int(labels.max(initial=0, where=labels != IGNORED)))
        if most == num_classes:
            return True
    if most > num_classes:  # which is told with the map's name
        return False
    raise DataError(
        f"{maps.path}: has ADE20K's folders, and no label {num_classes} that would tell that 0"
        " is of no class; say by `reduce_zero_label` whether it is"
    )
