"""Colours that tell classes apart."""

from __future__ import annotations

import colorsys

Colour = tuple[int, int, int]
"""Red, green and blue from 0 to 255."""

BLACK: Colour = (0, 0, 0)
WHITE: Colour = (255, 255, 255)

_TURN = (5**0.5 - 1) / 2
"""Of the colour wheel, the golden ratio: hues of numbers that follow each other lie far apart."""

_SHADES = ((0.85, 0.95), (1.0, 0.65), (0.5, 1.0))
"""Saturations and values, in turns, since there are more classes than hues."""

_BRIGHT = 0.45
"""Luminance above which black is read better than white."""


def colour_of(number: int) -> Colour:
    """A class's colour, always the same."""
    saturation, value = _SHADES[number % len(_SHADES)]
    shares = colorsys.hsv_to_rgb(number * _TURN % 1, saturation, value)
    red, green, blue = (round(255 * share) for share in shares)
    return red, green, blue


def ink_on(colour: Colour) -> Colour:
    """Black or white, whichever can be read on a colour."""
    red, green, blue = colour
    luminance = (0.299 * red + 0.587 * green + 0.114 * blue) / 255
    return BLACK if luminance > _BRIGHT else WHITE
