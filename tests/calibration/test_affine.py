from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lowformer_edge.calibration.affine import (
    affine_parameters,
    rounded_bias,
    rounded_weights,
)

BOUNDS = st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)).map(sorted)


@given(BOUNDS, st.booleans(), st.sampled_from([4, 8, 16]))
def test_a_range_is_covered_and_zero_is_exact(
    bounds: list[float], symmetric: bool, bits: int
) -> None:
    low, high = bounds
    found = affine_parameters(low, high, symmetric=symmetric, bits=bits)
    assert found.low <= found.zero_point <= found.high
    assert found.scale > 0
    covered = found.range
    assert covered[0] <= min(low, 0) + found.scale
    assert covered[1] >= max(high, 0) - found.scale
    assert found.rounded(torch.zeros(1)).item() == 0
    if symmetric:
        assert found.zero_point == 0


@given(BOUNDS)
def test_values_inside_move_by_half_a_step_and_others_to_the_end(bounds: list[float]) -> None:
    low, high = bounds
    found = affine_parameters(low, high)
    values = torch.linspace(low, high, 1001, dtype=torch.float64)
    # The zero point is rounded, so that the ends can be half a step off.
    assert (found.rounded(values) - values).abs().max() <= found.scale * 1.001
    inside = values[(values > found.range[0]) & (values < found.range[1])]
    if len(inside):
        assert (found.rounded(inside) - inside).abs().max() <= found.scale * 0.501
    far = torch.tensor([1e9, -1e9], dtype=torch.float64)
    assert found.rounded(far).tolist() == pytest.approx([found.range[1], found.range[0]])


def test_parameters_of_known_ranges() -> None:
    found = affine_parameters(0.0, 255.0)
    assert (found.scale, found.zero_point) == (1.0, -128)
    found = affine_parameters(-1.0, 1.0, symmetric=True)
    assert (found.scale, found.zero_point, found.low) == (1 / 127, 0, -127)
    dead = affine_parameters(0.0, 0.0)
    assert dead.rounded(torch.zeros(3)).tolist() == [0, 0, 0]


def test_weights_have_a_scale_for_each_output_channel() -> None:
    weights = torch.tensor([[100.0, -50.0, 0.3], [1.0, 0.5, -0.25], [0.0, 0.0, 0.0]])
    rounded = rounded_weights(weights)
    steps = weights.abs().amax(1, keepdim=True) / 127
    assert ((rounded - weights).abs() <= steps / 2 + 1e-6).all()
    assert rounded[0, 0] == 100
    assert rounded[1, 0] == 1
    assert (rounded[2] == 0).all()
    # One scale for all would have lost the second row.
    assert (rounded[1] != 0).all()


@given(st.integers(0, 3))
def test_any_axis_can_be_the_output_channels(axis: int) -> None:
    weights = torch.randn(3, 4, 5, 6, generator=torch.Generator().manual_seed(axis))
    expected = rounded_weights(weights.transpose(0, axis)).transpose(0, axis)
    assert torch.equal(rounded_weights(weights, axis), expected)
    assert torch.equal(rounded_weights(weights, axis - 4), expected)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_bias_is_in_steps_of_its_input_and_of_its_channels_weights(axis: int) -> None:
    weights = torch.tensor([[127.0, 1.0], [12.7, -3.0], [0.0, 254.0]])
    scales = torch.tensor([1.0, 0.1, 2.0])
    bias = torch.tensor([0.7, 0.7, -0.7])
    rounded = rounded_bias(bias, weights.transpose(0, axis), 0.25, axis)
    assert rounded.tolist() == pytest.approx([0.75, 0.7, -0.5])
    assert ((rounded - bias).abs() <= scales * 0.25 / 2 + 1e-6).all()
