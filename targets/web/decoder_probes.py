"""Makes the small images by which a page sees whether its browser decodes as Pillow does.

``python -m lowformer_edge.targets.web.decoder_probes`` writes them anew; they are committed.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image

from ...artifact.preprocessing import to_rgb
from .build import PAGE, STATIC

PROBES = PAGE / STATIC / "decoder-probes.json"

_HEIGHT, _WIDTH = 12, 20
_ORIENTATION = 0x0112


def make_probes() -> dict[str, Any]:
    """The probes as the page reads them."""
    photo = Image.fromarray(_pixels())
    files = {
        "PNG": ("image/png", _saved(photo, "png")),
        "PNG with alpha": ("image/png", _saved(_transparent(photo), "png")),
        "JPEG 4:4:4": ("image/jpeg", _saved(photo, "jpeg", quality=85, subsampling=0)),
        "JPEG 4:2:0": ("image/jpeg", _saved(photo, "jpeg", quality=85, subsampling=2)),
        "grey JPEG": ("image/jpeg", _saved(photo.convert("L"), "jpeg", quality=85)),
        "turned JPEG": ("image/jpeg", _saved(photo, "jpeg", quality=85, exif=_turned())),
    }
    return {"probes": [_probe(name, *file) for name, file in files.items()]}


def decoded(file: bytes) -> Image.Image:
    """What Pillow makes of an image's file: upright and without alpha."""
    with Image.open(io.BytesIO(file)) as image:
        return to_rgb(image)


def main() -> None:
    """Writes the probes anew."""
    PROBES.write_text(json.dumps(make_probes(), indent=1) + "\n", encoding="utf-8")


def _probe(name: str, media_type: str, file: bytes) -> Mapping[str, Any]:
    image = decoded(file)
    return {
        "name": name,
        "type": media_type,
        "file": base64.b64encode(file).decode(),
        "width": image.width,
        "height": image.height,
        "pixels": base64.b64encode(image.tobytes()).decode(),
    }


def _pixels() -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Slopes of colours with a hard edge and some grain, [H, W, 3]."""
    rows, columns = np.mgrid[0:_HEIGHT, 0:_WIDTH]
    colours = np.stack([12 * columns, 20 * rows, 255 - 6 * columns - 10 * rows], axis=-1)
    colours[4:9, 6:13] = (250, 40, 10)
    grain = np.random.default_rng(0).integers(-20, 21, colours.shape)
    return np.clip(colours + grain, 0, 255).astype(np.uint8)


def _transparent(photo: Image.Image) -> Image.Image:
    """The same with an alpha that goes down to nothing."""
    image = photo.copy()
    alpha = np.linspace(0, 255, _WIDTH * _HEIGHT).astype(np.uint8).reshape(_HEIGHT, _WIDTH)
    image.putalpha(Image.fromarray(alpha))
    return image


def _turned() -> Image.Exif:
    exif = Image.Exif()
    exif[_ORIENTATION] = 6
    return exif


def _saved(image: Image.Image, file_format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


if __name__ == "__main__":
    main()
