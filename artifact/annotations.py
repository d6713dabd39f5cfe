"""What is known to be in an image: its objects, or the class of each pixel."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError

IGNORED = 255
"""In label maps: a pixel that is of no class, and that nothing is held to."""


@dataclasses.dataclass(frozen=True, eq=False)
class ObjectAnnotations:
    """The objects of one image.

    Attributes:
        boxes: Corners x1, y1, x2, y2 in pixels of the original image, whose own corner is (0, 0),
            float32 [n, 4].
        classes: The model's class numbers, which count from 0, int64 [n].
        crowd: Which boxes are groups, or else hold nothing that must be found, bool [n].
        areas: In square pixels of the original image as the data set states them, such as COCO's
            areas of outlines, float64 [n].

    Raises:
        DataError: Shapes or types differ, or a number is impossible.
    """

    boxes: NDArray[np.float32]
    classes: NDArray[np.int64]
    crowd: NDArray[np.bool_]
    areas: NDArray[np.float64]

    def __post_init__(self) -> None:
        count = len(self.boxes)
        for name, shape, kind in (
            ("boxes", (count, 4), np.float32),
            ("classes", (count,), np.int64),
            ("crowd", (count,), np.bool_),
            ("areas", (count,), np.float64),
        ):
            values = getattr(self, name)
            if values.shape != shape or values.dtype != kind:
                raise DataError(
                    f"annotations of {count} objects need `{name}` as {np.dtype(kind)}"
                    f" {list(shape)}, not {values.dtype} {list(values.shape)}"
                )
        if not (np.isfinite(self.boxes).all() and (self.boxes[:, :2] <= self.boxes[:, 2:]).all()):
            raise DataError("boxes of objects need finite corners, x1 and y1 before x2 and y2")
        if (self.classes < 0).any() or not (np.isfinite(self.areas) & (self.areas >= 0)).all():
            raise DataError("classes and areas of objects must be finite and not negative")

    def __len__(self) -> int:
        return len(self.boxes)

    @classmethod
    def of(cls, boxes: NDArray[np.floating], classes: NDArray[np.integer]) -> ObjectAnnotations:
        """Objects that must all be found, as large as their boxes.

        Args:
            boxes: Corners x1, y1, x2, y2 in pixels of the original image, [n, 4].
            classes: The model's class numbers, [n].

        Raises:
            DataError: Shapes differ, or a number is impossible.
        """
        sides = boxes[:, 2:] - boxes[:, :2]
        return cls(
            boxes.astype(np.float32),
            classes.astype(np.int64),
            np.zeros(len(boxes), bool),
            np.prod(sides, axis=1, dtype=np.float64),
        )


LabelMap = NDArray[np.uint8] | NDArray[np.uint16]
"""The class of each pixel [H, W] at the original image's size: the model's class numbers, which
count from 0 and of which the background may be one, or :data:`IGNORED`."""

Annotation = ObjectAnnotations | LabelMap
"""Of one image."""
