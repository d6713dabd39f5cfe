"""Text on images, which stays within them."""

from __future__ import annotations

import dataclasses
import math

from PIL import Image, ImageDraw, ImageFont

from .colours import BLACK, Colour, ink_on

_SMALLEST, _LARGEST = 8, 64
"""Sizes of the font in pixels."""

_LETTERS_HIGH = 32
"""Lines of text that an image's short side has room for, where it is large enough."""

_CUT = "..."
_TALL = "Ågj"
"""Letters as high and as deep as any, so that all captions of a size are as high."""


def font_size(image: Image.Image) -> int:
    """Of text that can be read on an image of its size, in pixels."""
    return min(max(min(image.size) // _LETTERS_HIGH, 10), _LARGEST)


def line_width(image: Image.Image) -> int:
    """Of boxes that can be seen on an image of its size, in pixels."""
    return max(1, round(min(image.size) / 240))


@dataclasses.dataclass(frozen=True)
class Caption:
    """One line of text that fits into an image, on a ground of its own.

    Attributes:
        text: What is written, shortened if it was too long.
        font: Its font.
        width: Of the ground in pixels.
        height: Of the ground in pixels.
        start: Where the text begins on it, from its left and to the baseline.
    """

    text: str
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont
    width: int
    height: int
    start: tuple[int, int]

    @classmethod
    def fit(cls, text: str, size: int, width: int, height: int) -> Caption | None:
        """Text within so many pixels: smaller where that is enough, else shortened.

        Args:
            text: What is to be written; line breaks become spaces.
            size: Of its font in pixels.
            width: What the image has.
            height: What the image has.

        Returns:
            None where not even a letter fits.
        """
        text = " ".join(text.split())
        for smaller in range(size, _SMALLEST - 1, -1):
            caption = cls._of(text, smaller)
            if caption.width <= width and caption.height <= height:
                return caption
        for ending in (_CUT, ""):
            for letters in range(len(text) - 1, 0, -1):
                caption = cls._of(text[:letters].rstrip() + ending, _SMALLEST)
                if caption.width <= width and caption.height <= height:
                    return caption
        return None

    @classmethod
    def _of(cls, text: str, size: int) -> Caption:
        font = ImageFont.load_default(size)
        left, top, right, bottom = font.getbbox(text, anchor="ls")
        _, highest, _, lowest = font.getbbox(_TALL, anchor="ls")
        margin = max(1, size // 6)
        up = margin - math.floor(min(top, highest))
        return cls(
            text,
            font,
            width=math.ceil(right) - math.floor(left) + 2 * margin,
            height=math.ceil(max(bottom, lowest)) + margin + up,
            start=(margin - math.floor(left), up),
        )

    def draw(self, image: Image.Image, left: float, top: float, colour: Colour = BLACK) -> None:
        """Writes it at a place, or next to it where it would leave the image."""
        left = int(min(max(left, 0), image.width - self.width))
        top = int(min(max(top, 0), image.height - self.height))
        pen = ImageDraw.Draw(image)
        end = (left + self.width - 1, top + self.height - 1)
        pen.rectangle(((left, top), end), fill=colour)
        across, down = self.start
        place = (left + across, top + down)
        pen.text(place, self.text, ink_on(colour), self.font, anchor="ls")
