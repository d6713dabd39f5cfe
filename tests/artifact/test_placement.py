"""Where images lie in a network's input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from PIL import Image

from lowformer_edge.artifact.placement import Extent, Placement
from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.errors import CheckError

SIDES = st.integers(1, 2000)
CORNERS = st.lists(st.floats(0, 1, width=32), min_size=4, max_size=4)


@pytest.mark.parametrize("mode", ["crop", "squash", "letterbox"])
@pytest.mark.parametrize("place", ["bottom-right", "around"])
def test_a_square_lies_where_the_placement_says(mode: str, place: str) -> None:
    spec = Preprocessing(size=(96, 128), crop_ratio=1.0, resize_mode=mode, padding_place=place)
    pixels = np.zeros((300, 200, 3), np.uint8)
    pixels[120:180, 80:140] = 255
    seen = spec.pixels(Image.fromarray(pixels))[..., 0] > 127
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    expected = spec.placement(300, 200).to_input(np.array([80, 120, 140, 180], np.float32))
    found = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
    np.testing.assert_allclose(found, np.clip(expected, 0, [128, 96, 128, 96]), atol=1)


@given(st.sampled_from(["squash", "letterbox"]), SIDES, SIDES, SIDES, SIDES, CORNERS)
def test_corners_come_back(
    mode: str, height: int, width: int, tall: int, wide: int, shares: list[float]
) -> None:
    size = (max(tall, 32), max(wide, 32))
    placement = Preprocessing(size=size, crop_ratio=1.0, resize_mode=mode).placement(height, width)
    sides = np.array([width, height] * 2, np.float32)
    corners = np.array(shares, np.float32) * sides
    back = placement.to_image(placement.to_input(corners))
    assert (np.abs(back - corners) <= 1e-5 * sides).all()


def test_a_whole_image_is_the_input() -> None:
    corners = np.array([[1, 2, 3, 4]], np.float32)
    assert np.array_equal(Placement.whole(30, 40).to_input(corners), corners)
    assert np.array_equal(Placement.whole(30, 40).to_image(corners), corners)


def test_boxes_end_where_the_image_is_cropped_or_padded() -> None:
    wide = Preprocessing(size=64, crop_ratio=1.0).placement(64, 128)
    everywhere = np.array([-100, -100, 200, 200], np.float32)
    assert wide.to_image(everywhere).tolist() == [32, 0, 96, 64]
    boxed = Preprocessing(size=64, crop_ratio=1.0, resize_mode="letterbox").placement(64, 128)
    assert boxed.to_image(everywhere).tolist() == [0, 0, 128, 64]


def test_an_image_must_lie_in_the_input() -> None:
    with pytest.raises(CheckError, match="placed at 64, is not within an input of 64"):
        Extent(64, 64, 10, 10)


INPUT = st.tuples(st.integers(1, 1400), st.integers(1, 1400))
IMAGE = st.tuples(st.integers(1, 5000), st.integers(1, 5000))


@given(INPUT, IMAGE)
@example((224, 224), (320, 175))  # 122.5 wide but for the factor's last bit
@example((800, 1333), (882, 2604))
@example((320, 320), (427, 640))
def test_letterboxing_is_mmdets_geometry(size: tuple[int, int], image: tuple[int, int]) -> None:
    """The formula of mmcv's ``imrescale`` for a size, and mmdet's factor of each axis."""
    factor = min(size[0] / image[0], size[1] / image[1])
    tall, wide = (int(side * factor + 0.5) for side in image)
    assume(min(tall, wide) > 0)  # Which mmcv refuses.
    spec = Preprocessing(size=size, resize_mode="letterbox")
    assert spec.resized(*image) == (tall, wide)
    assert spec.placed(tall, wide) == (0, 0)
    corners = np.array([[0, 0, image[1], image[0]], [1, 2, 3, 4]], np.float32)
    scales = np.array([wide / image[1], tall / image[0]] * 2, np.float32)
    placed = spec.placement(*image).to_input(corners)
    np.testing.assert_array_equal(placed, corners * scales)
