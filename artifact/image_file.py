"""Opens image files that may be anything."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from ..process.limits import LARGEST_IMAGE, LONGEST_IMAGE_SIDE
from ..process.reading import open_regular


@contextlib.contextmanager
def opened_image(source: str | Path | BinaryIO) -> Iterator[Image.Image]:
    """Opens an image, whose pixels are decoded when they are used.

    Args:
        source: A file, or its content.

    Raises:
        OSError: It is no regular file, or no image.
        ValueError: It has more pixels than fit into memory with what becomes of them.
    """
    file = open_regular(Path(source)) if isinstance(source, str | Path) else source
    with file, Image.open(file) as image:
        if image.width * image.height > LARGEST_IMAGE:
            raise ValueError(
                f"{image.width} x {image.height} pixels are more than {LARGEST_IMAGE // 10**6}"
                " million; make it smaller"
            )
        if max(image.width, image.height) > LONGEST_IMAGE_SIDE:
            raise ValueError(
                f"of {image.width} x {image.height} pixels a side has more than"
                f" {LONGEST_IMAGE_SIDE}; make it smaller"
            )
        yield image
