from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from lowformer_edge.calibration.dead_channels import lifted_weights

LARGEST_INT32 = 2**31 - 1


def steps_of(weights: np.ndarray, bias: np.ndarray, scale: float, axis: int) -> np.ndarray:
    """The biases in the steps in which a kernel stores them."""
    others = tuple(number for number in range(weights.ndim) if number != axis)
    return np.abs(bias) / (scale * np.abs(weights).max(others) / 127)


@given(
    size=st.floats(0, 1, width=32),
    bias=st.floats(-100, 100, width=32).filter(lambda bias: bias == 0 or abs(bias) > 1e-20),
    scale=st.floats(1e-6, 10),
    axis=st.integers(0, 3),
)
def test_every_bias_fits_and_the_output_hardly_moves(
    size: float, bias: float, scale: float, axis: int
) -> None:
    shape = [3, 3, 3, 3]
    weights = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
    dead = [slice(None)] * 4
    dead[axis] = 1  # type: ignore[call-overload]
    weights[tuple(dead)] *= np.float32(size * 1e-6)
    biases = np.array([1e-3, bias, -1e-3], np.float32)
    lifted = lifted_weights(weights, biases, scale, axis)
    if bias != 0:
        assert (steps_of(lifted, biases, scale, axis) < LARGEST_INT32).all()
    changed = np.abs(lifted - weights) * 255 * scale
    others = tuple(number for number in range(4) if number != axis)
    assert (changed.sum(others) <= np.abs(biases) * 2**-14 + 1e-12).all()


def test_living_weights_are_returned_as_they_are() -> None:
    weights = np.ones((2, 3), np.float32)
    assert lifted_weights(weights, np.ones(2, np.float32), 0.01) is weights


@pytest.mark.parametrize("sign", [1, -1])
def test_the_largest_weight_of_a_dead_channel_is_raised(sign: int) -> None:
    weights = np.array([[1, 2], [0, sign * 1e-30]], np.float32)
    lifted = lifted_weights(weights, np.array([1, 2], np.float32), 0.5)
    assert lifted[0].tolist() == [1, 2]
    assert lifted[1].tolist() == pytest.approx([0, sign * 127 * 2 / (0.5 * 2**30)])
