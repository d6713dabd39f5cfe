"""What a detector finds in an image."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from ..errors import CheckError


@dataclasses.dataclass(frozen=True, eq=False)
class Detections:
    """Objects in one image, the best first.

    Attributes:
        boxes: Corners x1, y1, x2, y2 in pixels of the image, float32 [n, 4].
        scores: In [0, 1], float32 [n].
        classes: Their numbers, int64 [n].
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    classes: NDArray[np.int64]

    def __post_init__(self) -> None:
        count = len(self.boxes)
        if self.boxes.shape != (count, 4) or not (
            self.scores.shape == self.classes.shape == (count,)
        ):
            raise CheckError(
                f"boxes {self.boxes.shape}, scores {self.scores.shape} and classes"
                f" {self.classes.shape} are not those of the same objects"
            )

    def __len__(self) -> int:
        return len(self.boxes)

    @classmethod
    def none(cls) -> Detections:
        """An image without any."""
        return cls(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int64))

    def best(self, most: int) -> Detections:
        """The first ones, at most so many."""
        return Detections(self.boxes[:most], self.scores[:most], self.classes[:most])

    def above(self, score: float) -> Detections:
        """Those whose score is at least this."""
        chosen = self.scores >= score
        return Detections(self.boxes[chosen], self.scores[chosen], self.classes[chosen])
