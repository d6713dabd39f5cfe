"""Half precision's arithmetic, held to numpy's float16 and to what processors gave."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lowformer_edge.runtime.arithmetic import SINGLE
from lowformer_edge.runtime.half_arithmetic import ARM, GPU, ROUNDED, HalfArithmetic, to_half

PLAIN = HalfArithmetic(few=0, chains=1, block=1, fused=True, bias_first=True)

Array = NDArray[np.float32]


def halves(seed: int, *shape: int, scale: float = 1.0) -> Array:
    noise = np.random.default_rng(seed).standard_normal(shape) * scale
    return to_half(noise.astype(np.float32))


def summed(first: Array, second: Array, bias: Array, *, fused: bool) -> Array:
    """The chain of a product, a step at a time, in numpy's own float16."""
    total = np.broadcast_to(bias, (len(first), second.shape[1])).astype(np.float16)
    with np.errstate(all="ignore"):
        for k in range(first.shape[1]):
            product = first[:, k : k + 1] * second[k : k + 1]
            product = product if fused else to_half(product)
            total = (total.astype(np.float32) + product).astype(np.float16)
    return total.astype(np.float32)


@given(
    seed=st.integers(0, 2**16),
    size=st.tuples(*[st.integers(1, 40)] * 3),
    scale=st.sampled_from([1e-4, 1e-3, 0.1, 1.0, 30.0, 300.0]),
    fused=st.booleans(),
)
@settings(deadline=None, max_examples=60)
def test_sums_are_those_of_float16(
    seed: int, size: tuple[int, int, int], scale: float, fused: bool
) -> None:
    rows, depth, columns = size
    first, second = halves(seed, rows, depth, scale=scale), halves(seed + 1, depth, columns)
    bias = halves(seed + 2, columns)
    arithmetic = HalfArithmetic(few=0, chains=1, block=1, fused=fused, bias_first=True)
    np.testing.assert_array_equal(
        arithmetic.product(first, second, bias), summed(first, second, bias, fused=fused)
    )


@pytest.mark.parametrize("scale", [0.1, 1.0, 300.0])
def test_sums_of_normal_numbers_are_exactly_those_of_float16(scale: float) -> None:
    first, second = halves(0, 37, 65, scale=scale), halves(1, 65, 21)
    bias = halves(2, 21)
    np.testing.assert_array_equal(
        PLAIN.product(first, second, bias), summed(first, second, bias, fused=True)
    )


def test_a_sum_that_leaves_half_precision_on_the_way_is_infinite() -> None:
    first = np.full((2, 1024), 200, np.float32)
    second = np.repeat([[1.0], [-1.0]], 512, 0).astype(np.float32)
    assert np.isinf(PLAIN.product(first, second)).all()
    np.testing.assert_array_equal(ROUNDED.product(first, second), 0)


def test_a_sum_that_stays_within_half_precision_is_finite() -> None:
    first = np.full((2, 1024), 200, np.float32)
    second = np.tile([[1.0], [-1.0]], (512, 1)).astype(np.float32)
    np.testing.assert_array_equal(PLAIN.product(first, second), 0)


def test_sums_for_few_rows_are_spread_over_chains() -> None:
    ones = np.ones((1, 4096), np.float32)
    assert PLAIN.product(ones, ones.T) == 2048  # where 1 is lost in half precision
    assert ARM.product(ones, ones.T) == 4096
    assert GPU.product(ones, ones.T) == 4096


@pytest.mark.parametrize("strides", [(1, 1), (2, 1)])
@pytest.mark.parametrize(("channels", "outputs", "groups"), [(12, 8, 4), (6, 6, 6), (5, 7, 1)])
@pytest.mark.parametrize("arithmetic", [SINGLE, ROUNDED, ARM, GPU])
def test_convolutions_are_those_of_torch(
    arithmetic: HalfArithmetic,
    channels: int,
    outputs: int,
    groups: int,
    strides: tuple[int, int],
) -> None:
    x, weight = halves(0, 2, channels, 9, 8), halves(1, outputs, channels // groups, 3, 3)
    bias = halves(2, outputs)
    tensors = torch.from_numpy(x), torch.from_numpy(weight), torch.from_numpy(bias)
    expected = torch.nn.functional.conv2d(*tensors, stride=strides, groups=groups)
    found = arithmetic.convolution(x, weight, bias, strides=strides, groups=groups)
    np.testing.assert_allclose(found, expected.numpy(), rtol=0.02, atol=0.05)


@pytest.mark.parametrize("groups", [1, 4])
@pytest.mark.parametrize("arithmetic", [SINGLE, ARM])
def test_transposed_convolutions_are_those_of_torch(
    arithmetic: HalfArithmetic, groups: int
) -> None:
    x, weight, bias = halves(0, 2, 8, 5, 4), halves(1, 8, 12 // groups, 3, 4), halves(2, 12)
    tensors = torch.from_numpy(x), torch.from_numpy(weight), torch.from_numpy(bias)
    expected = torch.nn.functional.conv_transpose2d(*tensors, stride=(2, 3), groups=groups)
    # torch has the channels that it takes first
    turned = weight.reshape(groups, 8 // groups, 12 // groups, 3, 4).swapaxes(1, 2)
    kernels = turned.reshape(12, 8 // groups, 3, 4)
    found = arithmetic.transposed_convolution(x, kernels, bias, strides=(2, 3), groups=groups)
    np.testing.assert_allclose(found, expected.numpy(), rtol=0.02, atol=0.05)


@pytest.mark.parametrize("name", ["hard_swish", "gelu", "softmax"])
def test_functions_round_on_the_way(name: str) -> None:
    x = halves(0, 64, 64)
    exact, found = getattr(SINGLE, name)(x), getattr(ROUNDED, name)(x)
    np.testing.assert_array_equal(found, to_half(found))
    error = np.square(found - exact).sum() / np.square(exact).sum()
    once = np.square(to_half(exact) - exact).sum() / np.square(exact).sum()
    assert once < error < 10 * once
