"""Scenes of garments: the same everywhere, and as they are described."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from lowformer_edge.demo.scenes import (
    BACKGROUND,
    HARD,
    PLAIN,
    Scene,
    SceneKind,
    bundled_garments,
    make_scene,
)
from lowformer_edge.errors import UsageError

IMAGES, LABELS = bundled_garments()
KINDS = pytest.mark.parametrize("kind", [PLAIN, HARD], ids=lambda kind: kind.name)
COUNT = 40


def scenes(kind: SceneKind, count: int = COUNT) -> list[Scene]:
    return [make_scene(IMAGES, LABELS, 5, number, kind) for number in range(count)]


def digest_of(scene: Scene) -> str:
    digest = hashlib.sha256()
    for array in (scene.pixels, scene.boxes, scene.classes, scene.label_map):
        digest.update(f"{array.dtype.str} {array.shape}".encode() + array.tobytes())
    return digest.hexdigest()[:16]


@pytest.mark.parametrize(
    ("kind", "number", "digest"),
    [
        (PLAIN, 0, "6122ef4b617a9390"),
        (PLAIN, 499, "a1b74e89678cc378"),
        (HARD, 0, "62fb7a1ea67d8a9d"),
        (HARD, 499, "72901ee0574670f2"),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_scenes_are_the_same_to_the_bit(kind: SceneKind, number: int, digest: str) -> None:
    assert digest_of(make_scene(IMAGES, LABELS, 0, number, kind)) == digest


def test_a_scene_follows_from_its_seed_and_number() -> None:
    first, again, other_seed, other_number = (
        digest_of(make_scene(IMAGES, LABELS, seed, number))
        for seed, number in [(1, 2), (1, 2), (2, 2), (1, 3)]
    )
    assert first == again
    assert len({first, other_seed, other_number}) == 3


@KINDS
def test_boxes_are_around_what_is_labelled(kind: SceneKind) -> None:
    for scene in scenes(kind):
        covered = np.zeros_like(scene.label_map, bool)
        for (left, top, right, bottom), label in zip(
            scene.boxes.astype(int), scene.classes, strict=True
        ):
            inside = scene.label_map[top:bottom, left:right] == label + 1
            assert inside[0].any()
            assert inside[-1].any()
            assert inside[:, 0].any()
            assert inside[:, -1].any()
            covered[top:bottom, left:right] |= inside
        assert (covered == (scene.label_map != BACKGROUND)).all()


@KINDS
def test_objects_fit_the_kind(kind: SceneKind) -> None:
    made = scenes(kind)
    assert {len(scene.boxes) for scene in made} <= set(range(kind.garments[1] + 1))
    longest = np.concatenate([scene.boxes[:, 2:] - scene.boxes[:, :2] for scene in made]).max(1)
    assert longest.max() <= 160 * kind.sides[1] / 100
    if kind is PLAIN:
        assert longest.min() >= 160 * kind.sides[0] / 100 - 2
    assert {label for scene in made for label in scene.classes} == set(range(10))


def test_plain_objects_hardly_overlap() -> None:
    for scene in scenes(PLAIN):
        for index, first in enumerate(scene.boxes):
            for second in scene.boxes[index + 1 :]:
                shared = np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2])
                areas = [np.prod(box[2:] - box[:2]) for box in (first, second)]
                assert np.prod(shared.clip(0)) <= 0.12 * min(areas)


def test_what_is_mostly_hidden_is_no_object() -> None:
    counts = [len(scene.boxes) for scene in scenes(HARD, 60)]
    assert min(counts) < HARD.garments[0]


def test_scenes_may_be_rectangles() -> None:
    scene = make_scene(IMAGES, LABELS, 0, 0, HARD, (96, 224))
    assert scene.pixels.shape == (96, 224, 3)
    assert scene.label_map.shape == (96, 224)
    assert (scene.boxes[:, [0, 1]] >= 0).all()
    assert (scene.boxes[:, 2:] <= (224, 96)).all()


def test_an_image_without_a_garment_is_no_object() -> None:
    scene = make_scene(np.zeros((1, 28, 28), np.uint8), np.zeros(1, np.uint8), 0, 0, HARD)
    assert scene.boxes.shape == (0, 4)
    assert not scene.label_map.any()


@pytest.mark.parametrize(
    ("count", "size", "message"),
    [(0, (160, 160), "an image and a label each"), (3, (31, 160), "not 31")],
)
def test_what_makes_no_scene_is_refused(count: int, size: tuple[int, int], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make_scene(IMAGES[:count], LABELS[:count], 0, 0, size=size)
