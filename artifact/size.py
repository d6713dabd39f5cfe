"""Sizes of images in pixels: a side of a square, or height and width."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..errors import ConfigError
from ..process.text import shown_value

Size = int | tuple[int, int]
"""A side of a square, or height and width."""

RESIZE_MODES = ("crop", "squash", "letterbox")
PADDING_PLACES = ("bottom-right", "around")
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos")
"""How an image of any shape comes to a size, where a letterboxed one leaves room, and how pixels in
between are made; see
:class:`.preprocessing.Preprocessing`."""

_PATTERN = re.compile(r"([0-9]{1,9})(?:x([0-9]{1,9}))?")


def as_size(value: Size | Sequence[int]) -> Size:
    """A size in its one form: a side where it is a square, else height and width.

    Args:
        value: A whole number, or two of them.

    Raises:
        ConfigError: It is neither, or a side is below 1.
    """
    sides = (value, value) if type(value) is int else value
    if isinstance(sides, str | bytes) or not isinstance(sides, Sequence) or len(sides) != 2:
        raise ConfigError(
            f"a size is a side in pixels, or a height and a width, not {shown_value(value)}"
        )
    height, width = sides
    if type(height) is not int or type(width) is not int or min(height, width) < 1:
        raise ConfigError(f"a size needs whole sides of at least a pixel, not {shown_value(value)}")
    return height if height == width else (height, width)


def sides_of(size: Size) -> tuple[int, int]:
    """Height and width of a size."""
    return (size, size) if isinstance(size, int) else size


def parse_size(text: str) -> Size:
    """Reads ``224``, or ``192x256``: height x width.

    Raises:
        ConfigError: It is neither.
    """
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise ConfigError(
            f"size {shown_value(text)} is neither a side in pixels, such as 224, nor height x"
            " width, such as 192x256"
        )
    height, width = match.groups()
    return as_size((int(height), int(width or height)))


def shown_size(size: Size) -> str:
    """A size as people read it, height x width."""
    height, width = sides_of(size)
    return f"{height} x {width}"
