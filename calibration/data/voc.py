"""VOC's annotations of objects: an XML file for each image."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from ...errors import DataError
from ...process.text import printable
from .categories import DataSetClasses, classes_of_categories
from .file_tree import FileTree, Item, content_of
from .image_list import images_of
from .image_set import ImageSet
from .stated_objects import StatedObjects

VOC_CLASSES = DataSetClasses(
    "VOC",
    (
        *("aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow"),
        *("diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa"),
        *("train", "tvmonitor"),
    ),
)

_FIRST_PIXEL = 1
"""VOC counts pixels from 1, and the last one that it names is the box's own."""


@dataclasses.dataclass(frozen=True)
class _Object:
    """An object as its file states it."""

    name: str
    box: tuple[float, float, float, float]
    is_difficult: bool


@dataclasses.dataclass(frozen=True)
class VocFile:
    """What an XML file states of an image.

    Attributes:
        name: The file.
        size: Height and width of the image, or None where it tells none.
        objects: In it.
    """

    name: str
    size: tuple[int, int] | None
    objects: tuple[_Object, ...]

    def stated(self, numbers: Mapping[str, int]) -> StatedObjects:
        """The objects with the model's classes; VOC tells no areas, so they are the boxes'."""
        boxes = [one.box for one in self.objects]
        return StatedObjects.of(
            self.name,
            self.size,
            boxes,
            [numbers[one.name] for one in self.objects],
            [one.is_difficult for one in self.objects],
            [max(x2 - x1, 0) * max(y2 - y1, 0) for x1, y1, x2, y2 in boxes],
        )


def read_voc(item: Item) -> VocFile:
    """Reads the XML file of an image.

    Raises:
        DataError: It is none of VOC's, or a number is impossible.
    """
    name = printable(str(item))
    root = _root_of(name, content_of(item))
    if root.tag != "annotation":
        raise DataError(f"{name}: holds <{printable(root.tag)}>, and not VOC's <annotation>")
    size = root.find("size")
    sides = None
    if size is not None:
        sides = tuple(_number(name, size, side) for side in ("height", "width"))
    objects = tuple(_object(name, one) for one in root.findall("object"))
    # Programs that do not know the size write zeros.
    known = (int(sides[0]), int(sides[1])) if sides and min(sides) >= 1 else None
    return VocFile(name, known, objects)


def voc_images(
    images: FileTree,
    annotations: FileTree,
    listed: Item | None,
    class_names: Sequence[str] | None,
    num_classes: int,
) -> ImageSet:
    """Images with the objects that XML files of the same names state.

    Args:
        images: What holds the images.
        annotations: What holds the XML files.
        listed: A list of the images to take; all if None.
        class_names: The model's, if they are known.
        num_classes: The model's.

    Raises:
        DataError: An image has no file, or an object's name is no class of the model.
    """
    items, notes = images_of(images, listed)
    files = [read_voc(item) for item in annotations.partners_of(items, "XML file")]
    used = sorted({one.name for file in files for one in file.objects})
    if not used:
        raise DataError(f"{annotations.path}: no file states an object; give one that does")
    classes = classes_of_categories(
        str(annotations.path),
        {name: name for name in used},
        used,
        class_names,
        num_classes,
        VOC_CLASSES,
        order="alphabetical order",
    )
    difficult = sum(one.is_difficult for file in files for one in file.objects)
    if difficult:
        notes += (f"{difficult} objects are difficult by VOC, and need not be found, like crowds",)
    taken = "took VOC's boxes, whose pixels count from 1, from the corner (0, 0)"
    stated = [file.stated(classes.numbers) for file in files]
    found = ImageSet(
        f"images of {images.name}",
        list(items.values()),
        annotations=stated,
        notes=(*classes.notes, *notes, taken),
    )
    return found.in_order(classes.order)


def _root_of(name: str, content: bytes) -> Element:
    """The root of an XML file; one that declares entities, which may grow, is not read.

    Raises:
        DataError: It is no XML, or has a document type.
    """

    def refuse(*declared: object) -> None:
        raise DataError(f"{name}: declares a document type, which VOC's files do not; remove it")

    builder, parser = TreeBuilder(), expat.ParserCreate()
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError) as error:
        raise DataError(f"{name}: is no whole XML file ({error}); replace it") from error
    return builder.close()


def _object(name: str, element: Element) -> _Object:
    """Reads an object; parts of it, such as heads of people, are left.

    Raises:
        DataError: It has no name or no box.
    """
    called = (element.findtext("name") or "").strip()
    box = element.find("bndbox")
    if not called or box is None:
        raise DataError(f"{name}: has an <object> without <name> or <bndbox>; complete it")
    x1, y1, x2, y2 = (_number(name, box, side) for side in ("xmin", "ymin", "xmax", "ymax"))
    difficult = (element.findtext("difficult") or "0").strip()
    if difficult not in ("0", "1"):
        raise DataError(f"{name}: has {printable(difficult)!r} as <difficult>, not 0 or 1")
    return _Object(called, (x1 - _FIRST_PIXEL, y1 - _FIRST_PIXEL, x2, y2), difficult == "1")


def _number(name: str, element: Element, tag: str) -> float:
    """A finite number of an element below.

    Raises:
        DataError: There is none.
    """
    text = (element.findtext(tag) or "").strip()
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise DataError(f"{name}: has {printable(text)!r} as <{tag}>, which is no finite number")
    return number
