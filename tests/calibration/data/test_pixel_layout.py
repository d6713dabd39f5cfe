"""Arrays that are images, and those that may be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lowformer_edge as lfe
from lowformer_edge.calibration.data.images import find_images
from lowformer_edge.calibration.data.pixel_layout import check_pixels
from lowformer_edge.errors import DataError

REFUSED: list[tuple[tuple[int, ...], str]] = [
    ((224, 224, 3), r"one image is images\[None\]"),
    ((224, 224, 4), r"one image is images\[None\]"),
    ((224, 224, 1), r"one image is images\[None\]"),
    ((3, 224, 224), "may be one image"),
    ((224, 224), r"one grey image is images\[None\]"),
    ((8, 3, 224, 224), r"give images\.transpose\(0, 2, 3, 1\)"),
    ((8, 224, 224, 4), "without alpha"),
    ((8, 4, 224, 224), "without alpha"),
    ((8, 224, 224, 1), r"grey ones are images\[\.\.\., 0\]"),
    ((8, 1, 224, 224), r"grey ones are images\[:, 0\]"),
    ((8, 3, 224, 3), "second axis or the last"),
    ((28, 28, 60000), "no image has such sides"),
    ((8, 224, 224, 5), "must be uint8"),
    ((2, 8, 224, 224, 3), "must be uint8"),
    ((224,), "must be uint8"),
]


@pytest.mark.parametrize(("shape", "reason"), REFUSED)
def test_1_8_shapes_that_are_not_clear(shape: tuple[int, ...], reason: str) -> None:
    with pytest.raises(DataError, match=reason) as caught:
        check_pixels("images", np.broadcast_to(np.uint8(0), shape))
    assert str(list(shape)) in str(caught.value)


@pytest.mark.parametrize("shape", [(1, 4, 4), (5, 20, 30), (1, 224, 224), (8, 224, 224, 3)])
def test_1_8_shapes_that_are_clear(shape: tuple[int, ...]) -> None:
    check_pixels("images", np.zeros(shape, np.uint8))


def test_1_8_labels_tell_how_many_images_there_are() -> None:
    check_pixels("images", np.zeros((3, 64, 64), np.uint8), labelled=True)


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (np.full((1, 4, 4, 3), 0.5, np.float32), "values within 0 to 1 become that"),
        (np.full((1, 4, 4, 3), -0.5, np.float32), "seem to be normalised"),
        (np.full((1, 4, 4, 3), 200.0, np.float64), "from 0 to 255"),
        (np.full((1, 4, 4, 3), np.nan, np.float32), "from 0 to 255"),
        (np.full((1, 4, 4, 3), 200, np.int64), r"give images\.astype"),
        (np.full((1, 4, 4, 3), 4000, np.uint16), "scale the values"),
        (np.ones((1, 4, 4, 3), np.bool_), "multiply by 255"),
        (np.full((1, 4, 4, 3), "a"), "must be uint8"),
    ],
)
def test_1_8_other_types(pixels: np.ndarray, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        check_pixels("images", pixels)


def test_1_8_files_and_the_api_refuse_the_same(tmp_path: Path, demo_model: lfe.LoadedModel) -> None:
    one = np.zeros((224, 224, 3), np.uint8)
    np.savez(tmp_path / "x.npz", images=one)
    with pytest.raises(DataError, match=r"x\.npz: images must be .*\[224, 224, 3\]; one image"):
        find_images(tmp_path / "x.npz")
    with pytest.raises(DataError, match=r"`source` must be .*\[224, 224, 3\]; one image"):
        lfe.open_images(one, demo_model)
