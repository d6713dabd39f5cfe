"""What annotators saw in an image."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from ..artifact.placement import Placement
from .objects import Objects


@dataclasses.dataclass(frozen=True, eq=False)
class Truth:
    """What is right for an image.

    Attributes:
        placement: Where the image lies in the network's input.
        content: Its objects, or the class of each of its pixels, [H, W].
    """

    placement: Placement
    content: Objects | NDArray[np.integer]
