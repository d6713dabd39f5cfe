"""Pictures of what a detector finds."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw

from .caption import Caption, font_size, line_width
from .colours import colour_of
from .detections import Detections

LEAST_DRAWN = 0.3
"""The least score of a box in a picture, as mmdet's has it; metrics begin far below."""


def draw_boxes(
    image: Image.Image,
    detections: Detections,
    labels: Sequence[str] | None = None,
    least: float = LEAST_DRAWN,
) -> Image.Image:
    """A copy of an image with boxes, and with the name and the score of each.

    The best ones are drawn last, so that they can be read.

    Args:
        image: RGB.
        detections: In its pixels.
        labels: Names of the classes in order; without them, or beyond them, their numbers.
        least: Boxes of lower scores are left out.
    """
    drawn = image.copy()
    width, size = line_width(image), font_size(image)
    pen = ImageDraw.Draw(drawn)
    objects = zip(detections.boxes, detections.scores, detections.classes, strict=True)
    found = [(box, score, number) for box, score, number in objects if score >= least]
    for box, _, number in reversed(found):
        pen.rectangle(_within(box, image), outline=colour_of(int(number)), width=width)
    for box, score, number in reversed(found):
        text = f"{label_of(int(number), labels)} {score:.2f}"
        caption = Caption.fit(text, size, *image.size)
        if caption is not None:
            left, top, _, _ = _within(box, image)
            above = top - caption.height
            caption.draw(drawn, left, above if above >= 0 else top, colour_of(int(number)))
    return drawn


def label_of(number: int, labels: Sequence[str] | None) -> str:
    """A class's name, or its number where nobody gave it one."""
    return labels[number] if labels and number < len(labels) else str(number)


def _within(box: Sequence[float], image: Image.Image) -> tuple[int, int, int, int]:
    """A box in whole pixels of an image."""
    left, top, right, bottom = (round(float(value)) for value in box)
    across, down = image.width - 1, image.height - 1
    left, top = min(max(left, 0), across), min(max(top, 0), down)
    return left, top, min(max(right - 1, left), across), min(max(bottom - 1, top), down)
