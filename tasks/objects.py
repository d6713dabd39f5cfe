"""What is to be found in an image."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError


@dataclasses.dataclass(frozen=True, eq=False)
class Objects:
    """The objects of one image, as people marked them.

    Attributes:
        boxes: Corners x1, y1, x2, y2 in pixels of the image, [n, 4].
        classes: Their numbers from 0, whole numbers [n].
        crowds: Which are groups of objects, in which nothing that is found is wrong; by default
            none, bool [n].
        areas: In square pixels, [n]; by default the boxes'. COCO's are those of the objects'
            outlines, and say which are small, medium and large.

    Raises:
        DataError: Numbers differ, or a box is not finite or ends before it begins.
    """

    boxes: NDArray[np.floating]
    classes: NDArray[np.integer]
    crowds: NDArray[np.bool_] | None = None
    areas: NDArray[np.floating] | None = None

    def __post_init__(self) -> None:
        count = len(self.classes)
        if self.boxes.shape != (count, 4) or any(
            values is not None and values.shape != (count,)
            for values in (self.classes, self.crowds, self.areas)
        ):
            raise DataError(
                f"boxes {list(self.boxes.shape)} are none of the objects of {count} classes, crowds"
                " and areas"
            )
        sizes = self.boxes[:, 2:] - self.boxes[:, :2]
        if not np.isfinite(self.boxes).all() or (sizes < 0).any():
            raise DataError("boxes of objects need finite corners, x1 and y1 first")

    def __len__(self) -> int:
        return len(self.classes)

    @property
    def are_crowds(self) -> NDArray[np.bool_]:
        """Which are groups of objects."""
        return np.zeros(len(self), bool) if self.crowds is None else self.crowds

    @property
    def sizes(self) -> NDArray[np.floating]:
        """Their areas in square pixels."""
        return (
            np.prod(self.boxes[:, 2:] - self.boxes[:, :2], 1) if self.areas is None else self.areas
        )
