"""Scenes of garments on procedural backgrounds: what detectors and segmenters are tried with.

Nothing is stored: a scene follows from the images of Fashion-MNIST that it is given, a seed and its
number. All draws are whole numbers of numpy's PCG64, all colours are mixed in integers, and images
are enlarged, reduced and turned by Pillow on 8-bit images, turned by nearest pixels alone, which it
computes in fixed point. So scenes are the same to the bit wherever numpy's bounded integers and
Pillow's 8-bit ``resize`` and ``rotate`` are; both are pinned, and a test holds digests.

What a scene is and is not: garments of 28 x 28 grey pixels, enlarged and tinted, on smooth noise.
They are no photographs, and what a model reaches on them says nothing of photographs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ..errors import UsageError
from . import EVALUATION

BACKGROUND = 0
"""The label map's class of what is no object; a garment's is its class and one more."""

SIZE = (160, 160)
"""Height and width of a scene in pixels: garments of a plain one are 48 to 96 pixels long."""

LEAST_VISIBLE_PERCENT = 50
"""Of a garment's pixels; one that others hide more of is no object any more."""

_LEAST_SIDE = 32
_ENLARGED = 112
"""Four times a garment's side: what it is turned at, so that nearest pixels do not show."""

_WHITE = 255
_HALF = 128
_OPACITY = 6
_VISIBLE = 22
"""What a garment's grey is multiplied by to be its opacity, and where that passes a half."""

_TRIES = 20

Pixels = NDArray[np.uint8]
Box = tuple[int, int, int, int]


@dataclasses.dataclass(frozen=True)
class SceneKind:
    """How difficult scenes are; all ranges include both ends.

    Attributes:
        name: Of the kind.
        garments: How many are tried to be placed.
        sides: A garment's longer side in percent of the scene's shorter one.
        turn: Most degrees that a garment is turned by, either way.
        overlap: Most percent of the smaller one's box that what is placed shares with another;
            what finds no place is left out.
        clutter: How many shapes and pieces of garments lie among the garments, which are no
            objects.
        contrast: Of the background's fine noise, in percent of all brightness.
    """

    name: str
    garments: tuple[int, int]
    sides: tuple[int, int]
    turn: int
    overlap: int
    clutter: tuple[int, int]
    contrast: int


PLAIN = SceneKind("plain", (1, 5), (30, 60), 15, 10, (0, 0), 6)
"""Sizes of 1:2, upright or nearly so, hardly an overlap, nothing beside the garments."""

HARD = SceneKind("hard", (2, 6), (20, 80), 180, 50, (3, 8), 12)
"""Sizes of 1:4, turned anyhow, half upon each other, between clutter and under it."""


@dataclasses.dataclass(frozen=True)
class Scene:
    """An image, and what it shows.

    Attributes:
        pixels: RGB, uint8 [H, W, 3].
        boxes: Around what is visible of each object, corners x1, y1, x2, y2 in pixels, where the
            last ones are beyond the object, float32 [n, 4].
        classes: Of each object, as the garments' labels, int64 [n].
        label_map: The class of each pixel's object plus 1, or :data:`BACKGROUND`, uint8 [H, W].
    """

    pixels: Pixels
    boxes: NDArray[np.float32]
    classes: NDArray[np.int64]
    label_map: Pixels


@dataclasses.dataclass(frozen=True)
class _Sprite:
    """What is laid upon a scene; clutter has no class.

    Attributes:
        colours: int32 [h, w, 3], 0 to 255.
        opacity: int32 [h, w], 0 to 255.
        label: The garment's class, or None.
    """

    colours: NDArray[np.int32]
    opacity: NDArray[np.int32]
    label: int | None

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Where it shows."""
        return self.opacity >= _HALF


def bundled_garments() -> tuple[Pixels, Pixels]:
    """The bundled test images [N, 28, 28] and their labels [N]: evaluation scenes are of these."""
    with np.load(EVALUATION) as arrays:
        return arrays["images"], arrays["labels"]


def make_scene(
    images: Pixels,
    labels: Pixels,
    seed: int,
    number: int,
    kind: SceneKind = PLAIN,
    size: tuple[int, int] = SIZE,
) -> Scene:
    """Makes one scene, the same one whenever it is given the same.

    Args:
        images: Garments, grey on black, uint8 [N, 28, 28].
        labels: Their classes, [N].
        seed: Of a set of scenes.
        number: The scene's within the set; no scene depends on others.
        kind: How difficult it is.
        size: Height and width in pixels.

    Raises:
        UsageError: There are no garments or not as many labels, or the size is too small.
    """
    if not len(images) or len(images) != len(labels):
        raise UsageError(
            f"a scene needs an image and a label each, not {len(images)} and {len(labels)}"
        )
    if min(size) < _LEAST_SIDE:
        raise UsageError(f"a scene's sides are {_LEAST_SIDE} pixels or more, not {min(size)}")
    rng = np.random.default_rng((seed, number))
    canvas = _background(rng, size, kind.contrast)
    sprites = _sprites(rng, images, labels, kind, min(size))
    owners = np.full(size, -1, np.int32)
    placed = _placed(rng, sprites, size, kind.overlap)
    for index, (sprite, top, left) in enumerate(placed):
        height, width = sprite.opacity.shape
        where = np.s_[top : top + height, left : left + width]
        opacity = sprite.opacity[..., None]
        canvas[where] += (sprite.colours - canvas[where]) * opacity // _WHITE
        owners[where][sprite.mask] = index
    return _described(canvas, owners, [sprite for sprite, _, _ in placed])


def _between(rng: np.random.Generator, ends: tuple[int, int]) -> int:
    """A whole number from a range with both its ends."""
    return int(rng.integers(ends[0], ends[1] + 1))


def _background(
    rng: np.random.Generator, size: tuple[int, int], contrast: int
) -> NDArray[np.int32]:
    """Smooth noise of three scales around a colour, [H, W, 3]."""
    height, width = size
    canvas = np.zeros((height, width, 3), np.int32)
    for cells, percent in ((3, 28), (8, 14), (32, contrast)):
        noise = Image.fromarray(rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
        smooth = noise.resize((width, height), Image.Resampling.BILINEAR)
        canvas += (np.asarray(smooth, np.int32) - _HALF) * 2 * percent
    return np.clip(canvas // 100 + rng.integers(60, 191, 3), 0, _WHITE).astype(np.int32)


def _sprites(
    rng: np.random.Generator, images: Pixels, labels: Pixels, kind: SceneKind, shorter: int
) -> list[_Sprite]:
    """A scene's garments and clutter, from the lowest."""
    makers: list[Callable[[], _Sprite]] = [
        lambda: _garment(rng, images, labels, kind, shorter)
    ] * _between(rng, kind.garments)
    makers += [lambda: _clutter(rng, images, shorter)] * _between(rng, kind.clutter)
    return [makers[index]() for index in rng.permutation(len(makers))]


def _garment(
    rng: np.random.Generator, images: Pixels, labels: Pixels, kind: SceneKind, shorter: int
) -> _Sprite:
    chosen = int(rng.integers(len(images)))
    grey = _turned(Image.fromarray(images[chosen]), rng, kind.turn)
    return _tinted(rng, _at_length(grey, _side(rng, kind.sides, shorter)), int(labels[chosen]))


def _side(rng: np.random.Generator, sides: tuple[int, int], shorter: int) -> int:
    """A garment's longer side in pixels; where it spans two octaves, each of them is as likely."""
    least, most = (percent * shorter // 100 for percent in sides)
    middle = min(2 * least, most)
    ends = (least, middle) if middle == most or rng.integers(2) else (middle, most)
    return _between(rng, ends)


def _clutter(rng: np.random.Generator, images: Pixels, shorter: int) -> _Sprite:
    """A plain shape, or a piece of a garment that is too small to tell which."""
    length = _between(rng, (shorter // 10, shorter // 4))
    if rng.integers(2):
        top, left = rng.integers(4, 16, 2).tolist()
        piece = Image.fromarray(images[int(rng.integers(len(images)))][top:, left:][:9, :9])
        return _tinted(rng, _at_length(_turned(piece, rng, 180), length), None)
    shape = Image.new("L", (28, 28))
    draw = ImageDraw.Draw(shape)
    corners = (0, _between(rng, (0, 12)), 27, _between(rng, (15, 27)))
    brightness = _between(rng, (80, _WHITE))
    (draw.ellipse if rng.integers(2) else draw.rectangle)(corners, fill=brightness)
    return _tinted(rng, _at_length(_turned(shape, rng, 180), length), None)


def _turned(image: Image.Image, rng: np.random.Generator, most: int) -> Image.Image:
    """A grey image enlarged, perhaps mirrored, and turned."""
    image = image.resize((_ENLARGED, _ENLARGED), Image.Resampling.BILINEAR)
    if rng.integers(2):
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return image.rotate(_between(rng, (-most, most)), Image.Resampling.NEAREST, expand=True)


def _at_length(image: Image.Image, length: int) -> Pixels:
    """What is visible of a grey image, with its longer side of some pixels."""
    visible = np.asarray(image) >= _VISIBLE
    if not visible.any():
        return np.zeros((1, 1), np.uint8)
    rows, columns = np.flatnonzero(visible.any(1)), np.flatnonzero(visible.any(0))
    image = image.crop((int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1))
    longer = max(image.size)
    width, height = (max((side * length + longer // 2) // longer, 1) for side in image.size)
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))


def _tinted(rng: np.random.Generator, grey: Pixels, label: int | None) -> _Sprite:
    """A grey image in a colour, see-through where it is black."""
    wide = grey.astype(np.int32)
    tint = rng.integers(77, _WHITE + 1, 3).astype(np.int32)
    colours = (51 * _WHITE + 204 * wide)[..., None] * tint // (_WHITE * _WHITE)
    return _Sprite(colours, np.minimum(wide * _OPACITY, _WHITE), label)


def _placed(
    rng: np.random.Generator, sprites: list[_Sprite], size: tuple[int, int], overlap: int
) -> list[tuple[_Sprite, int, int]]:
    """Sprites with their top and left; those that found no place are nowhere."""
    placed: list[tuple[_Sprite, int, int]] = []
    boxes: list[Box] = []
    for sprite in sprites:
        height, width = sprite.opacity.shape
        for _ in range(_TRIES):
            top = int(rng.integers(size[0] - height + 1))
            left = int(rng.integers(size[1] - width + 1))
            box = (left, top, left + width, top + height)
            if all(_shared_percent(box, other) <= overlap for other in boxes):
                placed.append((sprite, top, left))
                boxes.append(box)
                break
    return placed


def _shared_percent(first: Box, second: Box) -> int:
    """Of the smaller box's area, what both cover."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)]
    return max(width, 0) * max(height, 0) * 100 // min(areas)


def _described(
    canvas: NDArray[np.int32], owners: NDArray[np.int32], sprites: list[_Sprite]
) -> Scene:
    """A scene with the garments that are visible enough.

    Args:
        canvas: Its pixels.
        owners: Which sprite each pixel shows, or -1, [H, W].
        sprites: All that were laid upon it.
    """
    boxes, classes = [], []
    label_map = np.full(owners.shape, BACKGROUND, np.uint8)
    for index, sprite in enumerate(sprites):
        if sprite.label is None:
            continue
        shown = owners == index
        whole = int(sprite.mask.sum())
        if not whole or int(shown.sum()) * 100 < LEAST_VISIBLE_PERCENT * whole:
            continue
        rows, columns = np.flatnonzero(shown.any(1)), np.flatnonzero(shown.any(0))
        boxes.append((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))
        classes.append(sprite.label)
        label_map[shown] = sprite.label + 1
    return Scene(
        canvas.astype(np.uint8),
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(classes, np.int64),
        label_map,
    )
