"""What is right for images, as files are judged by it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .annotations import Annotation
from .placement import Placement


@dataclasses.dataclass(frozen=True, eq=False)
class Truth:
    """What annotators saw in an image.

    Attributes:
        placement: Where the image lies in the network's input.
        annotation: What is in the image itself.
    """

    placement: Placement
    annotation: Annotation


Truths = NDArray[np.int64] | Sequence[Truth]
"""Of each of some images: its class, or what annotators saw."""
