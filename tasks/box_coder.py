"""Boxes as RetinaNet's outputs state them: relative to anchors, as in mmdet."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

LARGEST_SCALE = abs(math.log(16 / 1000))
"""Of the logarithm of a box's side over its anchor's: what mmdet clamps it to, either way."""


def decode_boxes(
    anchors: NDArray[np.float32], deltas: NDArray[np.float32], height: int, width: int
) -> NDArray[np.float32]:
    """Boxes within an image.

    Args:
        anchors: Corners x1, y1, x2, y2 in pixels, [..., 4].
        deltas: Of the centre, over the anchor's width and height, and the logarithm of the box's
            width and height over the anchor's: dx, dy, dw, dh, [..., 4].
        height: Of the image in pixels.
        width: Of the image in pixels.

    Returns:
        Corners x1, y1, x2, y2 in pixels, clipped to the image, [..., 4].
    """
    corners = boxes_of(anchors, deltas)
    return np.clip(corners, 0, np.array([width, height] * 2, corners.dtype))


def boxes_of(anchors: NDArray[np.float32], deltas: NDArray[np.float32]) -> NDArray[np.float32]:
    """Boxes wherever they are, see :func:`decode_boxes`, which clips them."""
    centres, sizes = _centres_and_sizes(anchors)
    centres = centres + sizes * deltas[..., :2]
    halves = sizes * np.exp(np.clip(deltas[..., 2:], -LARGEST_SCALE, LARGEST_SCALE)) / 2
    return np.concatenate([centres - halves, centres + halves], axis=-1)


def encode_boxes(anchors: NDArray[np.float32], boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a network should give for boxes, the inverse of :func:`decode_boxes`.

    Args:
        anchors: Corners in pixels, [..., 4].
        boxes: Corners in pixels, of positive width and height, [..., 4].

    Returns:
        dx, dy, dw, dh, [..., 4].
    """
    centres, sizes = _centres_and_sizes(anchors)
    their_centres, their_sizes = _centres_and_sizes(boxes)
    shifts = (their_centres - centres) / sizes
    return np.concatenate([shifts, np.log(their_sizes / sizes)], axis=-1)


def _centres_and_sizes(
    corners: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Centres x, y and sizes width, height of boxes."""
    first, second = corners[..., :2], corners[..., 2:]
    return (first + second) * np.float32(0.5), second - first
