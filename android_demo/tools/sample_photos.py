"""Makes the app's own photos of what is bundled: a garment, and a scene of several.

    python -m lowformer_edge.android_demo.tools.sample_photos

They are what the demo models know, so that something is to be seen without anything at hand.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from ... import demo
from ...demo.scenes import PLAIN, bundled_garments, make_scene

FOLDER = Path(__file__).parents[1] / "app" / "src" / "main" / "assets" / "samples"
SIDE = 448
QUALITY = 90
SEED = 2026


def sample_photos() -> dict[str, Image.Image]:
    """The photos by their files' names, as they are before they are compressed."""
    with np.load(demo.EVALUATION) as data:
        garment = Image.fromarray(data["images"][0]).convert("RGB")
    scene = Image.fromarray(make_scene(*bundled_garments(), SEED, 0, PLAIN, (SIDE, SIDE)).pixels)
    return {
        "garment.jpg": garment.resize((SIDE, SIDE), Image.Resampling.BICUBIC),
        "scene.jpg": scene,
    }


def main() -> int:
    """Writes them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, photo in sample_photos().items():
        photo.save(FOLDER / name, quality=QUALITY)
    return 0


if __name__ == "__main__":
    sys.exit(main())
