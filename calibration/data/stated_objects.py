"""Objects as a file states them, before the image that they are in was seen."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...artifact.annotations import ObjectAnnotations
from ...errors import DataError
from .stated_annotation import FoundAnnotation

_ROUNDING = 0.01
"""Pixels by which a box may pass an image's edge and nobody is told."""


@dataclasses.dataclass(frozen=True, eq=False)
class StatedObjects:
    """The objects of one image as a file states them.

    Attributes:
        source: The file, for messages.
        size: Height and width of the image by the file, or None where it tells none.
        boxes: Corners x1, y1, x2, y2 in pixels, perhaps beyond the image, float64 [n, 4].
        classes: The model's class numbers, int64 [n].
        crowd: Which boxes need not be found, bool [n].
        areas: In square pixels, float64 [n].
    """

    source: str
    size: tuple[int, int] | None
    boxes: NDArray[np.float64]
    classes: NDArray[np.int64]
    crowd: NDArray[np.bool_]
    areas: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        source: str,
        size: tuple[int, int] | None,
        boxes: Sequence[Sequence[float]],
        classes: Sequence[int],
        crowd: Sequence[bool],
        areas: Sequence[float],
    ) -> StatedObjects:
        """The objects of lists of numbers."""
        return cls(
            source,
            size,
            np.array(boxes, np.float64).reshape(-1, 4),
            np.array(classes, np.int64),
            np.array(crowd, bool),
            np.array(areas, np.float64),
        )

    @classmethod
    def given(cls, objects: ObjectAnnotations) -> StatedObjects:
        """Objects that somebody made."""
        boxes = objects.boxes.astype(np.float64)
        return cls("`labels`", None, boxes, objects.classes, objects.crowd, objects.areas)

    def found(self, height: int, width: int) -> FoundAnnotation:
        """The objects within an image of a height and width: clipped, without empty ones.

        Raises:
            DataError: The file tells another size.
        """
        if self.size is not None and self.size != (height, width):
            tall, wide = self.size
            raise DataError(
                f"is {height} x {width} pixels (HxW), but by {self.source} {tall} x {wide}; give"
                " the images that were annotated"
            )
        edges = np.array([width, height] * 2, np.float64)
        clipped = np.clip(self.boxes, 0, edges).astype(np.float32)
        beyond = (np.abs(clipped - self.boxes) > _ROUNDING).any(1)
        kept = (clipped[:, :2] < clipped[:, 2:]).all(1)
        objects = ObjectAnnotations(
            clipped[kept], self.classes[kept], self.crowd[kept], self.areas[kept]
        )
        return FoundAnnotation(objects, int((beyond & kept).sum()), int((~kept).sum()))
