"""Images that files are compared on."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from ..artifact.preprocessing import Preprocessing


@dataclasses.dataclass(frozen=True)
class Images:
    """What files are compared on.

    Attributes:
        name: What the images are.
        pixels: uint8 [N, H, W, 3].
        eager: The eager model's logits, float32 [N, K], or None where they cannot be had.
        labels: int64 [N], or None.
        preprocessing: Normalises the pixels.
    """

    name: str
    pixels: NDArray[np.uint8]
    eager: NDArray[np.float32] | None
    labels: NDArray[np.int64] | None
    preprocessing: Preprocessing

    def first(self, count: int) -> Images:
        """The first of them."""
        return dataclasses.replace(
            self,
            pixels=self.pixels[:count],
            eager=None if self.eager is None else self.eager[:count],
            labels=None if self.labels is None else self.labels[:count],
        )
