"""Where an image lies in a network's input."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray


@dataclasses.dataclass(frozen=True)
class Placement:
    """Where an image lies in a network's input, and what it was resized to.

    Attributes:
        height: Of the image in pixels.
        width: Of the image in pixels.
        resized_height: Of the image in the input, all of it, in pixels.
        resized_width: Likewise.
        top: Row of the input at which it begins; negative where it is cropped.
        left: Column of the input at which it begins, likewise.
    """

    height: int
    width: int
    resized_height: int
    resized_width: int
    top: int = 0
    left: int = 0

    @classmethod
    def whole(cls, height: int, width: int) -> Placement:
        """That of an image which is the input."""
        return cls(height, width, height, width)

    @property
    def scale(self) -> tuple[float, float]:
        """Pixels of the input over pixels of the image, down and across."""
        return self.resized_height / self.height, self.resized_width / self.width

    def to_image(self, corners: NDArray[np.float32]) -> NDArray[np.float32]:
        """Corners x1, y1, x2, y2 [..., 4] of the input as those of the image."""
        down, across = self.scale
        shift = np.array([self.left, self.top] * 2, np.float32)
        return ((corners - shift) / np.array([across, down] * 2, np.float32)).astype(np.float32)

    def to_input(self, corners: NDArray[np.float32]) -> NDArray[np.float32]:
        """Corners x1, y1, x2, y2 [..., 4] of the image as those of the input."""
        down, across = self.scale
        shift = np.array([self.left, self.top] * 2, np.float32)
        return (corners * np.array([across, down] * 2, np.float32) + shift).astype(np.float32)
