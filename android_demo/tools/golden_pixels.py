"""Writes the images that the app's preprocessing is tested on, with what Python makes of them.

python -m lowformer_edge.android_demo.tools.golden_pixels

Two files, committed with the app's tests: ``pixels.json`` lists the cases, ``pixels.bin.gz`` holds
for each of them the image as it is stored [H, W, 3] and the expected pixels of the network's input
[H, W, 3], one after the other.
"""

from __future__ import annotations

import dataclasses
import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...artifact.preprocessing import Preprocessing, to_rgb

FOLDER = Path(__file__).parents[1] / "core" / "src" / "test" / "resources" / "golden"
INDEX_FILE = "pixels.json"
PIXELS_FILE = "pixels.bin.gz"

NORMALISED = 4
"""How many normalised values a case states, spread over the input."""

_ORIENTATION = 0x0112
"""EXIF's tag for how the camera was held."""

_HELD = range(1, 9)
_INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos")
_COLOURS = ((0, 0, 0), (255, 255, 255), (114, 114, 114), (1, 128, 254))

Paint = Callable[[np.random.Generator, int, int], NDArray[np.uint8]]


@dataclasses.dataclass(frozen=True)
class Case:
    """An image and what is to be done with it.

    Attributes:
        name: What it tells.
        size: Width and height of the image as it is stored, in pixels.
        paint: What is on the image.
        spec: The preprocessing.
        orientation: EXIF's, 1 to 8.
    """

    name: str
    size: tuple[int, int]
    paint: Paint
    spec: Preprocessing
    orientation: int

    def image(self, seed: int) -> Image.Image:
        """The image as a camera would have stored it."""
        width, height = self.size
        pixels = self.paint(np.random.default_rng(seed), height, width)
        image = Image.fromarray(pixels)
        image.getexif()[_ORIENTATION] = self.orientation
        return image


def noise(generator: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    """Every value anywhere."""
    return generator.integers(0, 256, (height, width, 3), np.uint8)


def bands(generator: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    """Slanted bands of colours that rise and fall; whole numbers throughout."""
    rows, columns = np.arange(height)[:, None, None], np.arange(width)[:, None]
    down, right, start = generator.integers(1, 6, (3, 3))
    light = np.abs((down * rows + right * columns + 60 * start) % 510 - 255)
    return (light // 15 * 15).astype(np.uint8)


def blocks(generator: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    """Rectangles in full colours, whose edges make interpolation overshoot."""
    pixels = np.zeros((height, width, 3), np.uint8)
    for _ in range(60):
        top, left = int(generator.integers(height)), int(generator.integers(width))
        tall, wide = generator.integers(1, 1 + np.array([height, width]) // 3)
        pixels[top : top + tall, left : left + wide] = generator.integers(0, 2, 3) * 255
    return pixels


def checks(generator: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    """Black and white pixels in turns, in a colour each channel of its own phase."""
    rows, columns = np.mgrid[:height, :width]
    phases = generator.integers(0, 2, 3)
    return np.stack([(rows + columns + phase) % 2 * 255 for phase in phases], -1).astype(np.uint8)


def cases() -> list[Case]:
    """Every way to resize, interpolation and orientation, and odd sizes throughout."""
    return [*_cropped(), *_squashed(), *_letterboxed()]


def _cropped() -> list[Case]:
    """Crops of squares and rectangles, some of which fall between pixels."""
    return [
        *(case for kind in _INTERPOLATIONS for case in _interpolated(kind)),
        *(_case(f"orientation {number}", (37, 53), noise, number, size=24) for number in _HELD),
        _case("a strip", (3, 257), noise, size=16),
        _case("a strip lying down", (257, 3), noise, size=16),
        _case("a strip that was turned", (257, 3), noise, 6, size=16, interpolation="lanczos"),
        _case("two pixels", (2, 1), noise, size=9, interpolation="bilinear"),
        _case("exactly the size", (61, 61), noise, size=61, crop_ratio=1.0),
        _case("exactly the resized size", (60, 73), noise, size=57),
        _case("exactly the short side", (83, 48), noise, size=48, crop_ratio=1.0),
        _case("a crop between pixels, down", (32, 45), noise, size=31, crop_ratio=31 / 32),
        _case("a crop between pixels, up", (32, 47), noise, size=29, crop_ratio=29 / 32),
        _case("a small crop", (200, 150), blocks, size=24, crop_ratio=0.3),
        _case("the smallest crop", (120, 90), blocks, size=4, crop_ratio=0.01),
        _case("the usual crop of others", (300, 225), blocks, size=96, crop_ratio=0.875),
        _case("the published evaluation", (500, 375), blocks, size=224),
        _case("the published evaluation, turned", (399, 301), blocks, 8, size=224),
        _case("the demo's", (28, 28), bands, size=96, crop_ratio=1.0),
        _case("far larger", (1600, 1201), blocks, size=64),
        _case("a size of one", (33, 21), noise, size=1),
        _case("other means", (50, 41), noise, size=32, mean=(0.5, 0, 0.498), std=(0.004, 1, 0.502)),
        _case("a wide crop", (91, 77), bands, size=(24, 40)),
        _case("a tall crop", (91, 77), bands, size=(41, 24), crop_ratio=0.875),
        _case("a wide crop of a wider image", (71, 23), noise, size=(11, 16), crop_ratio=0.8),
        _case("a tall crop of a taller image", (23, 61), noise, size=(16, 11), crop_ratio=0.9),
        _case("a crop of the very shape", (32, 24), noise, size=(9, 12), crop_ratio=1),
        _case("nearly the very shape", (33, 24), noise, size=(9, 12), crop_ratio=1),
        _case("a wide crop between pixels", (37, 29), noise, size=(15, 19), crop_ratio=19 / 22),
        _case("a wide crop, turned", (37, 31), noise, 6, size=(10, 17), interpolation="lanczos"),
        _case("a row of pixels", (13, 29), noise, size=(1, 17)),
        _case("a column of pixels", (13, 29), noise, size=(17, 1), interpolation="nearest"),
    ]


def _squashed() -> list[Case]:
    """Images whose shape changes, also so that one side grows and the other shrinks."""
    return [
        *(
            _case(
                f"squashed {what}, {kind}", stored, noise, **_SQUASH, size=size, interpolation=kind
            )
            for kind in _INTERPOLATIONS
            for what, stored, size in (
                ("down", (31, 27), (9, 13)),
                ("up", (7, 5), (14, 11)),
                ("to be wider", (13, 41), (17, 24)),
                ("to be taller", (41, 13), (24, 17)),
                ("to be wider by little", (30, 22), (21, 31)),
            )
        ),
        _case("squashed from a pixel", (1, 1), noise, **_SQUASH, size=(3, 7)),
        _case("squashed to a pixel", (21, 34), noise, **_SQUASH, size=1),
        _case("squashed to its own size", (23, 18), noise, **_SQUASH, size=(18, 23)),
        _case("squashed to its own height", (41, 18), noise, **_SQUASH, size=(18, 23)),
        _case(
            "squashed with no regard for the ratio",
            (50, 41),
            bands,
            **_SQUASH,
            size=32,
            crop_ratio=0.5,
        ),
        *(
            _case(
                f"squashed at orientation {held}", (29, 17), noise, held, **_SQUASH, size=(12, 19)
            )
            for held in (5, 8)
        ),
    ]


def _letterboxed() -> list[Case]:
    """Images with room beside them, in either place."""
    return [
        case
        for place in ("bottom-right", "around")
        for case in (
            *(
                _letterbox(f"{what}, {kind}", stored, place, number, interpolation=kind, size=size)
                for kind in _INTERPOLATIONS
                for number, (what, stored, size) in enumerate(
                    (
                        ("wide", (43, 21), 16),
                        ("tall", (21, 43), (17, 16)),
                        ("enlarged", (7, 5), (12, 15)),
                        ("in a wide room", (30, 27), (11, 20)),
                        ("in a tall room", (30, 27), (20, 11)),
                    )
                )
            ),
            _letterbox("a single pixel", (1, 1), place, size=(6, 9)),
            _letterbox("of the very shape", (32, 24), place, size=(12, 16)),
            _letterbox("of its own size", (16, 12), place, size=(12, 16)),
            _letterbox("half a pixel too low", (32, 19), place, size=(14, 16)),
            _letterbox("half a pixel too narrow", (19, 32), place, size=(16, 14)),
            _letterbox("that nearly vanishes", (400, 1), place, size=16),
            _letterbox("that nearly vanishes, upright", (1, 400), place, size=15),
            _letterbox("to a pixel", (9, 5), place, size=1),
            _letterbox("in the colour of the mean", (30, 11), place, size=(14, 17), padding=None),
            _letterbox("in a mean beyond white", (30, 11), place, size=9, padding=None, mean=_FAR),
            *(
                _letterbox(
                    f"at orientation {held}", (31, 18), place, orientation=held, size=(20, 23)
                )
                for held in (5, 8)
            ),
        )
    ]


_SQUASH: dict[str, Any] = {"resize_mode": "squash"}
_FAR = (1.5, -0.5, 0.5)


def _letterbox(
    name: str,
    stored: tuple[int, int],
    place: str,
    colour: int = 0,
    orientation: int = 1,
    **spec: Any,
) -> Case:
    stated: dict[str, Any] = {"resize_mode": "letterbox", "padding_place": place}
    stated |= {"padding": _COLOURS[colour % len(_COLOURS)]} | spec
    return _case(f"letterboxed {place}: {name}", stored, noise, orientation, **stated)


def _interpolated(kind: str) -> Iterator[Case]:
    """What an interpolation may get wrong."""
    yield _case(f"odd sides, {kind}", (211, 97), bands, size=64, interpolation=kind)
    yield _case(f"smaller than the crop, {kind}", (20, 31), noise, size=47, interpolation=kind)
    yield _case(f"sharp edges, {kind}", (640, 481), blocks, size=72, interpolation=kind)
    yield _case(f"finest pattern, {kind}", (90, 101), checks, size=40, interpolation=kind)
    # Pillow begins with the columns where these lose more than twice as many pixels as the rows.
    yield _case(f"a tall screenshot, {kind}", (27, 60), noise, size=10, interpolation=kind)
    yield _case(f"hardly tall enough, {kind}", (20, 43), noise, size=15, interpolation=kind)
    yield _case(f"not tall enough, {kind}", (20, 40), noise, size=15, interpolation=kind)
    yield _case(f"tall and enlarged, {kind}", (5, 23), noise, size=16, interpolation=kind)
    yield _case(f"a single pixel, {kind}", (1, 1), noise, size=5, interpolation=kind)


def _case(
    name: str, stored: tuple[int, int], paint: Paint, orientation: int = 1, **spec: Any
) -> Case:
    return Case(name, stored, paint, Preprocessing(**spec), orientation)


def golden_pixels() -> tuple[list[dict[str, Any]], bytes]:
    """The index of all cases, and their pixels one after the other."""
    index, parts = [], []
    for seed, case in enumerate(cases()):
        stored = case.image(seed)
        pixels = case.spec.pixels(to_rgb(stored))
        planes = case.spec.normalise(pixels)
        rows = np.moveaxis(planes, 0, -1)
        places = np.linspace(0, pixels.size - 1, min(NORMALISED, pixels.size)).astype(int)
        index.append(
            {
                "name": case.name,
                "width": stored.width,
                "height": stored.height,
                "orientation": case.orientation,
                "preprocessing": case.spec.to_dict(),
                "places": places.tolist(),
                "nchw": planes.ravel()[places].tolist(),
                "nhwc": rows.ravel()[places].tolist(),
            }
        )
        parts += [np.asarray(stored).tobytes(), pixels.tobytes()]
    return index, b"".join(parts)


def main() -> None:
    """Writes both files."""
    index, pixels = golden_pixels()
    lines = ",\n".join(json.dumps(case) for case in index)
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / INDEX_FILE).write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    (FOLDER / PIXELS_FILE).write_bytes(gzip.compress(pixels, mtime=0))


if __name__ == "__main__":
    main()
