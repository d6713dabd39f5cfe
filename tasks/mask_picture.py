"""Pictures of what a segmenter sees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..artifact.annotations import IGNORED
from ..errors import CheckError
from .box_picture import label_of
from .caption import Caption, font_size
from .colours import colour_of

_OPACITY = 0.55
_UNPAINTED = "background"
"""The name of a class that is no thing of its own, as VOC and many others call it."""

_LEAST_SHARE = 0.0005
"""Of a class in the legend; what is less would be 0.0 % there."""


def draw_labels(
    image: Image.Image, labels: NDArray[np.uint8], names: Sequence[str] | None = None
) -> Image.Image:
    """A copy of an image in the colours of its classes, with a legend of those that occur.

    The legend names the share of pixels of each, from the largest; it ends where the image does.
    Pixels without a label stay as they are, and so does a class that is called background.

    Args:
        image: RGB.
        labels: Of each of its pixels, [H, W].
        names: Of the classes in order; without them, or beyond them, their numbers.

    Raises:
        CheckError: The labels are those of an image of another size.
    """
    if labels.shape != (image.height, image.width):
        raise CheckError(
            f"labels {list(labels.shape)} are none of an image of {image.height} x {image.width}"
        )
    palette = np.array([colour_of(number) for number in range(IGNORED + 1)], np.uint8)
    painted = Image.blend(image, Image.fromarray(palette[labels]), _OPACITY)
    drawn = image.copy()
    is_unpainted = np.isin(labels, [IGNORED, *_unpainted_classes(names)])
    drawn.paste(painted, mask=Image.fromarray(np.where(is_unpainted, 0, 255).astype(np.uint8)))
    _draw_legend(drawn, class_shares(labels), names)
    return drawn


def _unpainted_classes(names: Sequence[str] | None) -> list[int]:
    return [number for number, name in enumerate(names or ()) if name.lower() == _UNPAINTED]


def class_shares(labels: NDArray[np.uint8]) -> list[tuple[int, float]]:
    """The classes that occur, with their share of all pixels, from the largest."""
    counts = np.bincount(labels.ravel(), minlength=IGNORED + 1)[:IGNORED]
    order = np.argsort(-counts, kind="stable")
    return [(int(number), counts[number] / labels.size) for number in order if counts[number]]


def _draw_legend(
    image: Image.Image, shares: Sequence[tuple[int, float]], names: Sequence[str] | None
) -> None:
    """One line for each painted class below the other, as far as there is room."""
    top, size = 0, font_size(image)
    unpainted = _unpainted_classes(names)
    for number, share in shares:
        if number in unpainted or share < _LEAST_SHARE:
            continue
        text = f"{label_of(number, names)} {100 * share:.1f} %"
        caption = Caption.fit(text, size, image.width, image.height - top)
        if caption is None:
            return
        caption.draw(image, 0, top, colour_of(number))
        top += caption.height
