"""Images that were found and are not decoded yet, with what is known of their classes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...artifact.pixel_file import PixelFile, Pixels, part_of_pixels
from ...errors import DataError
from .archive import Member
from .class_index import ClassIndex, Way
from .folder_labels import classes_of_folders
from .label_table import label_items
from .stated_annotation import StatedAnnotation


@dataclasses.dataclass(frozen=True)
class ImageSet:
    """Images that are not decoded yet.

    Attributes:
        name: What the images are, for tables and manifests.
        items: Files, members of an archive, or uint8 pixels [H, W] or [H, W, 3], in memory or in a
            file.
        labels: Class of each item as int64 [N], or None where nobody gave them.
        class_names: Names of the classes that ``labels`` counts, where they are known.
        folders: The folder of each item, directly below what was opened, and empty for items
            beside such folders; None where there are no folders.
        enclosing: Folders of an archive that all of its images lie in.
        order: What was taken for granted of the classes' order; empty where nothing was.
        notes: What else a user should know, a line each.
        annotations: What is stated of each item, or None where nobody said.
    """

    name: str
    items: Sequence[Path | Member] | Pixels
    labels: NDArray[np.int64] | None = None
    class_names: tuple[str, ...] | None = None
    folders: tuple[str, ...] | None = None
    enclosing: tuple[str, ...] = ()
    order: str = ""
    notes: tuple[str, ...] = ()
    annotations: Sequence[StatedAnnotation] | None = None

    def __len__(self) -> int:
        return len(self.items)

    def sample(self, count: int, seed: int = 0) -> ImageSet:
        """At most ``count`` of the images, drawn without repetition, in their order."""
        if count >= len(self):
            return self
        return self.part(
            np.sort(np.random.default_rng(seed).choice(len(self), count, replace=False))
        )

    def part(self, chosen: NDArray[np.integer[Any]]) -> ImageSet:
        """Some of the images, by their numbers."""
        items = (
            part_of_pixels(self.items, chosen)
            if isinstance(self.items, np.ndarray | PixelFile)
            else [self.items[index] for index in chosen]
        )
        labels = None if self.labels is None else self.labels[chosen]
        folders = self.folders and tuple(self.folders[index] for index in chosen)
        annotations = self.annotations and [self.annotations[index] for index in chosen]
        return dataclasses.replace(
            self, items=items, labels=labels, folders=folders, annotations=annotations
        )

    def with_labels_of(self, class_names: tuple[str, ...] | None, num_classes: int) -> ImageSet:
        """The set with labels that count the model's classes.

        Folders are matched with the model's class names, see :class:`ClassIndex`, or are class
        numbers. For a model without class names other folders count in their sorted order.

        Raises:
            DataError: Folders are not the model's classes, or a label is beyond them.
        """
        index = ClassIndex(class_names, num_classes)
        if self.folders is not None:
            labelled = self._labelled_by_folders(index)
        elif self.enclosing and self.labels is None:
            labelled = self._labelled_by_enclosing(index)
        else:
            labelled = self
        if labelled.labels is None:
            return labelled
        if int(labelled.labels.max()) >= num_classes:
            raise DataError(
                f"{self.name}: has label {labelled.labels.max()}, but the model only {num_classes}"
                " classes, which count from 0"
            )
        return dataclasses.replace(labelled, class_names=class_names)

    def without_labels(self) -> ImageSet:
        """The images alone."""
        return dataclasses.replace(
            self, labels=None, class_names=None, folders=None, enclosing=(), annotations=None
        )

    def _labelled_by_folders(self, index: ClassIndex) -> ImageSet:
        """The set with the classes of its folders; images beside these are left out, and told of.

        Raises:
            DataError: Folders are not the model's classes.
        """
        assert self.folders is not None
        within = np.flatnonzero([bool(folder) for folder in self.folders])
        strays = len(self) - len(within)
        try:
            found = classes_of_folders(self.name, sorted(set(self.folders) - {""}), index)
        except DataError as error:
            if not strays:
                raise
            note = f"no labels: {strays} image(s) lie beside folders, and {error}"
            return self.without_labels()._with_notes(note)
        part = self if not strays else self.part(within)
        labels = np.array([found.numbers[folder] for folder in part.folders or ()], np.int64)
        beside = f"{self.name}: left out {strays} image(s) beside the class folders, of no class"
        labelled = dataclasses.replace(part, labels=labels)._with_notes(
            *found.notes, *([beside] if strays else [])
        )
        return labelled._ordered(found.order) if found.order else labelled

    def _labelled_by_enclosing(self, index: ClassIndex) -> ImageSet:
        """The set with the one class whose folder all of its images lie in, if there is one."""
        for depth, folder in enumerate(reversed(self.enclosing)):
            found = index.find(folder)
            if found and (found.way is not Way.NUMBER or depth == 0):
                labels = np.full(len(self), found.number, np.int64)
                note = f"{self.name}: all lie in folder {folder}, taken for class {found.number}"
                return dataclasses.replace(self, labels=labels)._with_notes(note)
        return self._with_notes(
            f"no labels: all {len(self)} {self.name} lie in folder {'/'.join(self.enclosing)},"
            " which is no class of the model"
        )

    def in_order(self, order: str) -> ImageSet:
        """The set with what was taken for granted of its classes, if anything was."""
        if not order:
            return self
        named = dataclasses.replace(self, name=f"{self.name} ({order})", order=order)
        return named._with_notes(f"{self.name}: {order}")

    def _with_notes(self, *notes: str) -> ImageSet:
        return dataclasses.replace(self, notes=(*self.notes, *notes))

    def _ordered(self, order: str) -> ImageSet:
        """The set with a name that tells what was taken for granted of its classes."""
        note = (
            f"{self.name}: {order}; to give another order, give `labels`, or each image's class as"
            " `evaluation_labels`"
        )
        named = dataclasses.replace(self, name=f"{self.name} ({order})", order=order)
        return named._with_notes(note)

    def with_label_table(
        self, table: Mapping[str, str], class_names: tuple[str, ...] | None, num_classes: int
    ) -> ImageSet:
        """The set with labels by file name, in place of those by folder.

        Args:
            table: The label of each image, by its file name, or by its path below any folder.
            class_names: The model's, by which labels may be given.
            num_classes: The model's; labels may also be numbers below it.

        Raises:
            DataError: An image has no label or several, or a label is no class.
        """
        if isinstance(self.items, np.ndarray | PixelFile):
            raise DataError(f"{self.name}: images of an array file have no names to be labelled by")
        found = label_items(self.items, table, ClassIndex(class_names, num_classes))
        labelled = dataclasses.replace(self, labels=found.numbers, class_names=class_names)
        labelled = dataclasses.replace(labelled, folders=None)._with_notes(*found.notes)
        return labelled._ordered(found.order) if found.order else labelled
