"""How far boxes overlap, and which of them stand for the others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BLOCK = 128
"""Boxes that are compared with each other at once."""


def iou(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of every box with every other; 0 where both are empty.

    Args:
        first: Corners x1, y1, x2, y2, [n, 4], where x2 - x1 is the width.
        second: [m, 4].

    Returns:
        [n, m], of the boxes' type.
    """
    shared = _common(first, second, 0)
    shared *= _common(first, second, 1)
    union = _areas(first)[:, None] + _areas(second) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def suppress(
    boxes: NDArray[np.float32],
    classes: NDArray[np.integer],
    most_iou: float,
    most: int | None = None,
) -> NDArray[np.intp]:
    """Non-maximum suppression: boxes that overlap no better one of their class too far.

    The rule of mmcv's ``batched_nms``: from the best to the worst, a box is left out if its IoU
    with one that was kept is above the bound. Classes are told apart by their number, not by
    moving their boxes, which would round them.

    Args:
        boxes: Corners, [n, 4], the best first.
        classes: Of each box, [n].
        most_iou: What two boxes of one class may have.
        most: How many are kept at most.

    Returns:
        Places of those that are kept, ascending.
    """
    kept = np.empty(0, np.intp)
    for start in range(0, len(boxes), _BLOCK):
        if most is not None and len(kept) >= most:
            break
        block = np.arange(start, min(start + _BLOCK, len(boxes)))
        block = block[~_too_close(boxes, classes, block, kept, most_iou).any(axis=1)]
        hits = _too_close(boxes, classes, block, block, most_iou)
        alive = np.ones(len(block), bool)
        for place in range(len(block)):
            if alive[place]:
                alive[place + 1 :] &= ~hits[place, place + 1 :]
        kept = np.concatenate([kept, block[alive]])
    return kept[:most]


def _too_close(
    boxes: NDArray[np.float32],
    classes: NDArray[np.integer],
    ones: NDArray[np.intp],
    others: NDArray[np.intp],
    most_iou: float,
) -> NDArray[np.bool_]:
    """Which boxes are of one class and overlap too far."""
    same = classes[ones][:, None] == classes[others]
    return same & (iou(boxes[ones], boxes[others]) > most_iou)


def _common(
    first: NDArray[np.float32], second: NDArray[np.float32], axis: int
) -> NDArray[np.float32]:
    """How much of an axis every box shares with every other."""
    ends = np.minimum(first[:, None, axis + 2], second[:, axis + 2])
    ends -= np.maximum(first[:, None, axis], second[:, axis])
    return np.maximum(ends, 0, out=ends)


def _areas(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
