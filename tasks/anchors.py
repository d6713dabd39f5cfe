"""The boxes that RetinaNet's outputs are relative to, as mmdet places them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BASE_SCALE = 4
"""Side of the smallest anchor over the level's stride."""

SCALES_PER_OCTAVE = 3
RATIOS = (0.5, 1.0, 2.0)
"""Height over width."""

ANCHORS_PER_PLACE = len(RATIOS) * SCALES_PER_OCTAVE

BOX_SIDES = 4
"""Numbers of a box."""

FIRST_LEVEL = 3
"""The pyramid's finest level, P3, whose stride is 2^3."""


def stride_of(level: int) -> int:
    """Pixels between two places of a level, such as 8 for P3."""
    return 2**level


def anchors_of_level(level: int, height: int, width: int) -> NDArray[np.float32]:
    """A level's anchors in pixels of the input.

    They are centred on whole multiples of the stride, beginning with the image's corner at (0, 0),
    not on the middles of the places as in torchvision and detectron2.

    Args:
        level: The level's number, 3 for stride 8.
        height: Rows of its map.
        width: Columns of its map.

    Returns:
        Corners x1, y1, x2, y2, float32 [height * width * 9, 4], by row, column and anchor; the
        anchors of a place by ratio, and those of one ratio by size.
    """
    stride = stride_of(level)
    sides = stride * BASE_SCALE * 2 ** (np.arange(SCALES_PER_OCTAVE) / SCALES_PER_OCTAVE)
    roots = np.sqrt(RATIOS)
    halves = np.stack([np.outer(1 / roots, sides), np.outer(roots, sides)], axis=-1) / 2
    halves = halves.reshape(ANCHORS_PER_PLACE, 2)
    rows, columns = np.mgrid[:height, :width] * stride
    centres = np.stack([columns, rows], axis=-1).reshape(-1, 1, 2)
    corners = np.concatenate([centres - halves, centres + halves], axis=-1)
    return corners.reshape(-1, 4).astype(np.float32)


def level_sizes(height: int, width: int, levels: int) -> list[tuple[int, int]]:
    """Rows and columns of each level's map, from the finest.

    Args:
        height: Of the input in pixels.
        width: Of the input in pixels.
        levels: Number of levels.
    """
    strides = [stride_of(FIRST_LEVEL + number) for number in range(levels)]
    return [(-(-height // stride), -(-width // stride)) for stride in strides]


def anchors_of(height: int, width: int, levels: int) -> NDArray[np.float32]:
    """The anchors of all levels, from the finest, see :func:`anchors_of_level`.

    Args:
        height: Of the input in pixels.
        width: Of the input in pixels.
        levels: Number of levels.
    """
    sizes = level_sizes(height, width, levels)
    return np.concatenate(
        [
            anchors_of_level(FIRST_LEVEL + number, rows, columns)
            for number, (rows, columns) in enumerate(sizes)
        ]
    )
