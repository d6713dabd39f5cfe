"""Where an image lies in a network's input, and back from there to the image."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from ..artifact.preprocessing import Preprocessing
from ..errors import CheckError


@dataclasses.dataclass(frozen=True)
class Extent:
    """An image along one of its axes, in pixels.

    Attributes:
        input: Of the network's input.
        start: Where the resized image begins in it; negative where the image is cropped.
        resized: Of the resized image.
        image: Of the image itself.
    """

    input: int
    start: int
    resized: int
    image: int

    def __post_init__(self) -> None:
        numbers = dataclasses.astuple(self)
        whole = all(isinstance(number, int) for number in numbers)
        if not whole or min(self.input, self.resized, self.image) < 1 or not self._is_seen:
            raise CheckError(
                f"an image of {self.image} pixels, resized to {self.resized} and placed at"
                f" {self.start}, is not within an input of {self.input}"
            )

    @property
    def _is_seen(self) -> bool:
        return self.start < self.input and self.start + self.resized > 0

    @property
    def seen(self) -> tuple[int, int]:
        """Where the image begins and ends in the input, without what is cropped."""
        return max(self.start, 0), min(self.start + self.resized, self.input)

    @property
    def scale(self) -> float:
        """The resized image's pixels over the image's."""
        return self.resized / self.image


@dataclasses.dataclass(frozen=True)
class Placement:
    """An image in a network's input.

    Attributes:
        rows: From top to bottom.
        columns: From left to right.
    """

    rows: Extent
    columns: Extent

    @classmethod
    def of(cls, preprocessing: Preprocessing, height: int, width: int) -> Placement:
        """Where a preprocessing puts an upright image of some height and width."""
        tall, wide = preprocessing.resized(height, width)
        top, left = preprocessing.placed(tall, wide)
        return cls(
            Extent(preprocessing.height, top, tall, height),
            Extent(preprocessing.width, left, wide, width),
        )

    @classmethod
    def whole(cls, height: int, width: int) -> Placement:
        """An image that is the input itself."""
        return cls(Extent(height, 0, height, height), Extent(width, 0, width, width))

    @property
    def image_size(self) -> tuple[int, int]:
        """Height and width of the image."""
        return self.rows.image, self.columns.image

    def to_image(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes in pixels of the image, clipped to what the network saw of it.

        Args:
            boxes: Corners x1, y1, x2, y2 in pixels of the input, [..., 4].
        """
        axes = (self.columns, self.rows) * 2
        first = np.array([axis.seen[0] for axis in axes], np.float32)
        last = np.array([axis.seen[1] for axis in axes], np.float32)
        starts = np.array([axis.start for axis in axes], np.float32)
        scales = np.array([axis.scale for axis in axes], np.float32)
        return (np.clip(boxes, first, last) - starts) / scales
