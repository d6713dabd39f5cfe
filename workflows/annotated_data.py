"""Images with annotations, as a detector or a segmenter is judged by them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from ..artifact.annotations import ObjectAnnotations
from ..calibration.data.annotated_images import ModelClasses, images_with_maps, images_with_objects
from ..calibration.data.archive import is_archive
from ..calibration.data.file_tree import FileTree
from ..calibration.data.image_set import ImageSet
from ..calibration.data.images import images_in_memory, listed_images
from ..calibration.data.label_maps import GivenMap
from ..calibration.data.stated_annotation import StatedAnnotation
from ..calibration.data.stated_objects import StatedObjects
from ..errors import DataError, UsageError
from ..tasks.names import DETECTION, SEGMENTATION


class CountsClasses(Protocol):
    """A model or a bundle, as far as annotations count its classes."""

    @property
    def labels(self) -> tuple[str, ...] | None:
        """Class names in order, where they are known."""
        ...

    @property
    def task_name(self) -> str:
        """What it is for, such as ``detection``."""
        ...

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        ...


def annotated_images(
    source: object, model: CountsClasses, labels: object, reduce_zero_label: bool | None
) -> ImageSet | None:
    """Images with what is in them; None where nobody said.

    Args:
        source: See :func:`open_images`.
        model: The model.
        labels: Likewise.
        reduce_zero_label: Likewise.

    Raises:
        DataError: The annotations cannot be read, or are not the images' or the model's.
        UsageError: They are of another kind than the model's task takes.
    """
    if labels is not None and not isinstance(labels, str | Path):
        check_reduction(reduce_zero_label, model.task_name, has_maps=False)
        return _with_given(source, model, labels)
    path = None if labels is None else Path(labels)
    if path is not None and not path.exists():
        raise DataError(f"{path}: there are no such annotations")
    tree = _tree_of(source, path)
    found = None
    if tree is not None:
        classes = ModelClasses(model.labels, model.num_classes)
        found = (
            images_with_objects(tree, path, classes)
            if model.task_name == DETECTION
            else images_with_maps(tree, path, classes, reduce_zero_label)
        )
    check_reduction(reduce_zero_label, model.task_name, has_maps=found is not None)
    return found


def check_reduction(value: object, task: str, *, has_maps: bool = True) -> None:
    """Refuses ``reduce_zero_label`` where there is no label map that it would be of.

    Raises:
        UsageError: There is none, or it is neither true nor false.
    """
    if value is None:
        return
    if not isinstance(value, bool):
        raise UsageError(f"`reduce_zero_label` must be True, False or None, not {value!r}")
    if task != SEGMENTATION or not has_maps:
        raise UsageError("`reduce_zero_label` is for files of label maps; leave it out")


def _tree_of(source: object, labels: Path | None) -> FileTree | None:
    """The files that images are among; None where images have no names, or are somewhere else.

    Raises:
        DataError: Annotations were given by name for images without names.
    """
    if isinstance(source, str | Path):
        path = Path(source)
        if path.is_dir() or (is_archive(path) and path.is_file()):
            return FileTree.open(path)
        has_names = not path.exists()  # what is missing is told of by whoever opens images
    elif isinstance(source, np.ndarray):
        has_names = False
    else:
        files = _listed(source)
        listed_images(files)
        return FileTree(Path("listed images"), {one.as_posix(): one for one in files})
    if labels is not None and not has_names:
        raise DataError(f"{labels}: images of an array have no names to be annotated by")
    return None


def _listed(source: object) -> list[Path]:
    """Image files of a list.

    Raises:
        UsageError: It is none.
    """
    if not isinstance(source, Sequence) or not all(isinstance(one, str | Path) for one in source):
        raise UsageError(
            "`source` must be a folder, an archive, an array file, a list of image files or an"
            f" array of uint8, not {type(source).__name__}"
        )
    return [Path(one) for one in source]


def _with_given(source: object, model: CountsClasses, labels: object) -> ImageSet:
    """Images of an array or a list of files with an annotation for each.

    Raises:
        UsageError: There are not as many, or they are of another kind.
    """
    if isinstance(source, np.ndarray):
        images = images_in_memory(source)
    elif not isinstance(source, str | Path):
        images = listed_images(_listed(source))
    else:
        raise UsageError(
            "`labels` for each image are for an array or a list of files; give a file or a folder"
        )
    given = list(labels) if isinstance(labels, Sequence | np.ndarray) else [labels]
    if len(given) != len(images):
        raise UsageError(f"`labels` are of {len(given)} images, but `source` has {len(images)}")
    return dataclasses.replace(images, annotations=[_given(one, model) for one in given])


def _given(annotation: object, model: CountsClasses) -> StatedAnnotation:
    """An annotation that somebody made, checked.

    Raises:
        UsageError: It is of another kind than the model's task takes.
        DataError: It has classes that the model has not.
    """
    if model.task_name == DETECTION and isinstance(annotation, ObjectAnnotations):
        most = int(annotation.classes.max(initial=0))
        if most >= model.num_classes:
            raise DataError(
                f"`labels` have class {most}, but the model only {model.num_classes}, which count"
                " from 0"
            )
        return StatedObjects.given(annotation)
    if (
        model.task_name == SEGMENTATION
        and isinstance(annotation, np.ndarray)
        and annotation.ndim == 2
        and np.issubdtype(annotation.dtype, np.integer)
    ):
        return GivenMap(annotation, model.num_classes)
    kind = "ObjectAnnotations" if model.task_name == DETECTION else "a label map [H, W]"
    raise UsageError(
        f"`labels` for {model.task_name} must be a file, a folder, or {kind} for each image"
    )
