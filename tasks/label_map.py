"""From a segmenter's logits to the class of each pixel of an image."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from ..artifact.annotations import IGNORED
from ..artifact.placement import Extent, Placement
from ..errors import CheckError
from .bilinear import Mixture

STRIDE = 4
"""Pixels of the input between two logits."""

_BLOCK = 1 << 20
"""Values that are interpolated at once, about: 4 MiB."""


def interpolated_labels(logits: NDArray[np.float32], placement: Placement) -> NDArray[np.uint8]:
    """Labels in mmseg's order: logits are resized, then the best class is taken.

    Logits are resized bilinearly to the input's size, cut to the image without its padding, and
    resized again to the image's own size. This goes by rows, so that little memory is needed
    however many classes there are. Of equal logits the first class is taken.

    Args:
        logits: Of one image at a quarter of the input, or at its size, float32 [K, h, w].
        placement: The image's in the input.

    Returns:
        uint8, of the image's size; :data:`IGNORED` where the image was cropped.

    Raises:
        CheckError: Logits are of another shape, NaN or infinite, or of more than 255 classes.
    """
    _check(logits, placement)
    maps = np.ascontiguousarray(np.moveaxis(logits, 0, -1))
    height, width = placement.image_size
    rows, columns = placement.rows, placement.columns
    tall, wide = (
        Mixture.of(size, extent.input)
        for size, extent in zip(maps.shape, (rows, columns), strict=False)
    )
    down, across = _from_input(rows), _from_input(columns)
    labels = np.empty((height, width), np.uint8)
    step = max(1, _BLOCK // (max(width, columns.input) * maps.shape[2]))
    for start in range(0, height, step):
        needed, own = down[start : start + step].alone()
        values = own.applied(tall[needed].applied(maps, 0), 0)
        labels[start : start + step] = across.applied(wide.applied(values, 1), 1).argmax(-1)
    return _without_unseen(labels, placement)


def nearest_labels(logits: NDArray[np.float32], placement: Placement) -> NDArray[np.uint8]:
    """Labels in the cheap order: the best class of each logit, then the nearest one.

    The label of a pixel is that of the logit in whose place its centre lies; halves belong to the
    next one. It is blockier than :func:`interpolated_labels` and differs at the edges of objects,
    so that the two have different mIoU.

    Args:
        logits: Of one image at a quarter of the input, or at its size, float32 [K, h, w].
        placement: The image's in the input.

    Returns:
        uint8, of the image's size; :data:`IGNORED` where the image was cropped.

    Raises:
        CheckError: Logits are of another shape, NaN or infinite, or of more than 255 classes.
    """
    _check(logits, placement)
    small = np.moveaxis(logits, 0, -1).argmax(-1).astype(np.uint8)
    rows = _nearest(placement.rows, small.shape[0])
    columns = _nearest(placement.columns, small.shape[1])
    return _without_unseen(small[rows[:, None], columns], placement)


LABELLINGS: Mapping[str, Callable[[NDArray[np.float32], Placement], NDArray[np.uint8]]] = {
    "interpolated": interpolated_labels,
    "nearest": nearest_labels,
}
"""The ways from logits to labels by name; the first is mmseg's."""


def _check(logits: NDArray[np.float32], placement: Placement) -> None:
    """Raises CheckError where logits are none of a segmenter of the placement's input."""
    sides = placement.rows.input, placement.columns.input
    quarter = tuple(-(-side // STRIDE) for side in sides)
    if logits.ndim != 3 or logits.shape[1:] not in (quarter, sides):
        raise CheckError(
            f"logits of one image of {sides[0]} x {sides[1]} must be [K, {quarter[0]},"
            f" {quarter[1]}], or of its size, not {list(logits.shape)}"
        )
    if not 1 <= len(logits) <= IGNORED:
        raise CheckError(
            f"logits of {len(logits)} classes have no label map; 1 to {IGNORED} have one"
        )
    with np.errstate(invalid="ignore"):
        ends = float(logits.min()), float(logits.max())
    if not all(map(math.isfinite, ends)):
        raise CheckError(
            "logits are NaN or infinite; a weight or an activation is too large for the precision"
        )


def _from_input(extent: Extent) -> Mixture:
    """The image's own pixels, of those of the input that show the image."""
    centres = (np.arange(extent.image) + 0.5) * extent.scale + extent.start
    return Mixture.at(centres, *extent.seen)


def _centres(extent: Extent) -> NDArray[np.int64]:
    """Where the image's pixels have their centres in the input, as whole numbers.

    In pixels of the input times 2 * extent.image.
    """
    return (2 * np.arange(extent.image) + 1) * extent.resized + 2 * extent.image * extent.start


def _nearest(extent: Extent, count: int) -> NDArray[np.int64]:
    """The places, of so many, that the image's pixels lie in."""
    places = _centres(extent) * count // (2 * extent.image * extent.input)
    return np.clip(places, 0, count - 1)


def _without_unseen(labels: NDArray[np.uint8], placement: Placement) -> NDArray[np.uint8]:
    """Marks what the network did not see, since the image was cropped."""
    for axis, extent in enumerate((placement.rows, placement.columns)):
        centres = _centres(extent)
        unseen = (centres < 0) | (centres >= 2 * extent.image * extent.input)
        labels[(slice(None),) * axis + (unseen,)] = IGNORED
    return labels
