"""Where images lie in a network's input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lowformer_edge.artifact.placement import Placement
from lowformer_edge.artifact.preprocessing import Preprocessing

SIDES = st.integers(1, 2000)
PLACES = st.builds(
    Placement, SIDES, SIDES, SIDES, SIDES, st.integers(-500, 500), st.integers(-500, 500)
)


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


@given(PLACES, st.lists(st.floats(-1000, 1000, width=32), min_size=4, max_size=4))
def test_corners_come_back(placement: Placement, corners: list[float]) -> None:
    given_corners = np.array(corners, np.float32)
    found = placement.to_image(placement.to_input(given_corners))
    # The shift costs bits of the input's numbers, and a scale below 1 magnifies that.
    tolerance = 1e-3 * max(1, *(1 / side for side in placement.scale))
    np.testing.assert_allclose(found, given_corners, rtol=1e-4, atol=tolerance)


def test_a_whole_image_is_the_input() -> None:
    corners = np.array([[1, 2, 3, 4]], np.float32)
    assert np.array_equal(Placement.whole(30, 40).to_input(corners), corners)
    assert np.array_equal(Placement.whole(30, 40).to_image(corners), corners)
