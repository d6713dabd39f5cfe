"""Images with what people marked in them, by the layout of folders and files."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from ...errors import DataError
from ...process.text import printable
from .archive import is_archive
from .coco import coco_images, read_coco
from .file_tree import FileTree, Item
from .image_list import is_list
from .image_set import ImageSet
from .label_maps import map_images
from .voc import voc_images

VOC_IMAGES, VOC_OBJECTS, VOC_MAPS = "JPEGImages", "Annotations", "SegmentationClass"
IMAGES, MAPS = "images", "annotations"
VALIDATION, TRAINING = "validation", "training"
"""ADE20K's parts."""


@dataclasses.dataclass(frozen=True)
class ModelClasses:
    """The classes that annotations are to count.

    Attributes:
        names: In order, if they are known.
        count: How many.
    """

    names: Sequence[str] | None
    count: int


@dataclasses.dataclass(frozen=True)
class _Layout:
    """Images and annotations that lie in two folders.

    Attributes:
        images: The images.
        annotations: What is of them.
        listed: A list of the images to take; all if None.
        is_ade20k: Whether the folders are ADE20K's, whose labels count from 1.
    """

    images: FileTree
    annotations: FileTree
    listed: Item | None = None
    is_ade20k: bool = False


def images_with_objects(
    tree: FileTree, labels: Path | None, classes: ModelClasses
) -> ImageSet | None:
    """Images with the objects in them; None where there are no annotations.

    Args:
        tree: What holds the images: COCO's, or VOC's folders.
        labels: COCO's JSON; a folder or an archive of VOC's XML files; or a list of the images to
            take of VOC's folders, ``ImageSets/Main/val.txt`` if None.
        classes: The model's.

    Raises:
        DataError: There is something else, or it does not fit.
    """
    if labels is not None and labels.suffix.lower() == ".json":
        return coco_images(tree, read_coco(labels), classes.names, classes.count)
    if labels is None or is_list(labels):
        layout = _voc_layout(tree, VOC_OBJECTS, "Main", labels)
    elif labels.is_dir() or is_archive(labels):
        layout = _Layout(_images_beside(tree, labels), FileTree.open(labels).with_suffix(".xml"))
        if not layout.annotations.files:
            raise DataError(
                f"{labels}: holds no VOC .xml file; of COCO give the .json, such as"
                " instances_val2017.json"
            )
    else:
        raise DataError(
            f"{labels}: is no annotation of objects; give COCO's .json, a folder of VOC's .xml"
            " files, or a list of VOC's ImageSets"
        )
    if layout is None:
        return None
    return voc_images(
        layout.images, layout.annotations, layout.listed, classes.names, classes.count
    )


def images_with_maps(
    tree: FileTree, labels: Path | None, classes: ModelClasses, reduce_zero_label: bool | None
) -> ImageSet | None:
    """Images with their label maps; None where there are no maps.

    Args:
        tree: What holds the images, or folders ``images`` and ``annotations``, or VOC's.
        labels: A folder or an archive of label maps; or a list of the images to take of VOC's
            folders, ``ImageSets/Segmentation/val.txt`` if None.
        classes: The model's.
        reduce_zero_label: See :func:`.label_maps.map_images`.

    Raises:
        DataError: There is something else, or it does not fit.
    """
    if labels is None or is_list(labels):
        layout = _voc_layout(tree, VOC_MAPS, "Segmentation", labels)
        layout = layout or _ade20k_layout(tree)
    elif labels.is_dir() or is_archive(labels):
        maps = FileTree.open(labels).images()
        is_ade20k = labels.resolve().parts[-2:] in ((MAPS, VALIDATION), (MAPS, TRAINING))
        layout = _Layout(_images_beside(tree, labels), maps, is_ade20k=is_ade20k)
        if not maps.files:
            raise DataError(f"{labels}: holds no label map; give a folder of PNG files")
    else:
        raise DataError(
            f"{labels}: holds no label maps; give a folder or an archive of them, or a list of"
            " VOC's ImageSets"
        )
    if layout is None:
        return None
    return map_images(
        layout.images,
        layout.annotations,
        layout.listed,
        classes.count,
        reduce_zero_label,
        may_count_from_one=layout.is_ade20k,
    )


def _images_beside(tree: FileTree, labels: Path) -> FileTree:
    """The images that annotations are of, which may lie within the same folder.

    Of ``annotations/validation`` they are those of ``images/validation``, if there are any.
    """
    within = labels.resolve()
    root = Path(tree.path).resolve()
    if not within.is_relative_to(root) or within == root:
        return tree.images()
    parts = within.relative_to(root).parts
    for place in range(len(parts)):
        for name in (VOC_IMAGES, IMAGES):
            beside = tree.below("/".join((*parts[:place], name, *parts[place + 1 :]))).images()
            if beside.files:
                return beside
    return tree.without("/".join(parts)).images()


def _voc_layout(tree: FileTree, folder: str, lists: str, listed: Path | None) -> _Layout | None:
    """VOC's folders, if they are there, with the list of images that is to be taken.

    Raises:
        DataError: A list was given, and they are not there.
    """
    root = tree.root_of(VOC_IMAGES, folder)
    if root is None:
        if listed is not None:
            raise DataError(
                f"{tree.path}: holds no folders {VOC_IMAGES} and {folder}, to which"
                f" {printable(listed.name)} would belong"
            )
        return None
    below = tree.below(root)
    item = listed or below.files.get(f"ImageSets/{lists}/val.txt")
    suffix = ".xml" if folder == VOC_OBJECTS else ".png"
    annotations = below.below(folder).with_suffix(suffix)
    return _Layout(below.below(VOC_IMAGES).images(), annotations, item)


def _ade20k_layout(tree: FileTree) -> _Layout | None:
    """Folders of images and of label maps; of ADE20K's parts the one for validation."""
    root = tree.root_of(IMAGES, MAPS)
    if root is None:
        return None
    images, maps = (tree.below(root).below(name).images() for name in (IMAGES, MAPS))
    parts = {name: (images.below(name), maps.below(name)) for name in (VALIDATION, TRAINING)}
    for part in parts.values():
        if all(one.files for one in part):
            return _Layout(*part, is_ade20k=True)
    return _Layout(images, maps)
