"""Which arrays are images, in the one layout that is taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...artifact.pixel_file import PixelFile
from ...errors import DataError

LEAST_PHOTO = 32
"""Pixels; [3, H, W] of shorter sides are three grey images rather than the channels of one."""

WANTED = "uint8 [N, H, W, 3], or [N, H, W] where they are grey"


def check_pixels(name: object, pixels: NDArray[Any] | PixelFile, *, labelled: bool = False) -> None:
    """Refuses arrays of another type or layout, and those that could be read in two ways.

    Args:
        name: What the array is called, for the message.
        pixels: The array.
        labelled: Whether labels tell how many images there are.

    Raises:
        DataError: The array is no images, or it is not clear how they lie in it.
    """
    if not pixels.size:
        raise DataError(f"{name}: holds no image")
    hint = _type_hint(pixels)
    if hint is None:
        hint = _shape_hint(pixels.shape, labelled=labelled)
    if hint is not None:
        told = f"; {hint}" if hint else ""
        raise DataError(f"{name} must be {WANTED}, not {pixels.dtype} {list(pixels.shape)}{told}")


def _type_hint(pixels: NDArray[Any] | PixelFile) -> str | None:
    """How pixels of another type become uint8; None where they are."""
    if isinstance(pixels, PixelFile) or pixels.dtype == np.uint8:
        return None
    if pixels.dtype == np.bool_:
        return "multiply by 255, as uint8"
    if np.issubdtype(pixels.dtype, np.floating):
        low, high = float(pixels.min()), float(pixels.max())
        if low >= 0 and high <= 1:
            return "values within 0 to 1 become that by (images * 255).round().astype('uint8')"
        if low < 0:
            return "they seem to be normalised; give them as they were before"
        return "give them as they were read, from 0 to 255"
    if np.issubdtype(pixels.dtype, np.integer):
        fits = int(pixels.min()) >= 0 and int(pixels.max()) <= 255
        return "give images.astype('uint8')" if fits else "scale the values to 0 to 255"
    return ""


def _shape_hint(shape: Sequence[int], *, labelled: bool) -> str | None:
    """What is wrong with a shape, or not clear; None where it is that of images."""
    if len(shape) == 2:
        return "one grey image is images[None]"
    if len(shape) == 3:
        return _grey_hint(shape, labelled=labelled)
    if len(shape) != 4:
        return ""
    if shape[3] == 3:
        unclear = shape[1] == 3 and shape[2] != 3
        return "the channels may be the second axis or the last" if unclear else None
    if shape[3] == 1:
        return "grey ones are images[..., 0]"
    if shape[1] == 3:
        return "the channels are the second axis; give images.transpose(0, 2, 3, 1)"
    if shape[1] == 1:
        return "grey ones are images[:, 0]"
    if 4 in (shape[1], shape[3]):
        kept = "images[..., :3]" if shape[3] == 4 else "images[:, :3].transpose(0, 2, 3, 1)"
        return f"give them without alpha, {kept}"
    return ""


def _grey_hint(shape: Sequence[int], *, labelled: bool) -> str | None:
    """What is wrong with [N, H, W], or not clear; None where it is that of grey images."""
    first, second, third = shape
    if third in (1, 3, 4) and second > third:
        return "one image is images[None]"
    if first == 3 and min(second, third) >= LEAST_PHOTO and not labelled:
        return (
            "this may be one image, whose layout is images.transpose(1, 2, 0)[None], or three grey"
            " ones, which are clear as numpy.stack([images] * 3, -1)"
        )
    if max(second, third) > 64 * min(second, third):
        return "no image has such sides"
    return None
