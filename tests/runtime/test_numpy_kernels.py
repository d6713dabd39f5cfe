from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from lowformer_edge.runtime.numpy_kernels import erf

NUMBERS = st.floats(width=32, allow_nan=False)
NEAR_ZERO = st.floats(-8, 8, width=32)
ARRAYS = hnp.arrays(np.float32, hnp.array_shapes(max_dims=3), elements=NUMBERS | NEAR_ZERO)

SMALLEST = float(np.finfo(np.float32).smallest_subnormal)


def exact(x: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.array([math.erf(value) for value in x.ravel()]).reshape(x.shape)


def test_a_dense_grid_agrees_with_the_standard_library() -> None:
    grid = np.linspace(-7, 7, 280_001, dtype=np.float32)
    assert np.abs(erf(grid) - exact(grid)).max() < 1e-7


def test_every_magnitude_is_precise_to_float32() -> None:
    # The bits of positive floats, read as integers, are in the floats' order.
    bits = np.arange(0, np.float32(np.inf).view(np.uint32) + 1, 9973, dtype=np.uint32)
    values = bits.view(np.float32)
    error = np.abs(erf(values) - exact(values))
    assert (error <= 1e-7 * exact(values) + SMALLEST).all()


@given(ARRAYS)
@settings(deadline=None)
def test_any_array_agrees_with_the_standard_library(x: NDArray[np.float32]) -> None:
    found = erf(x)
    assert found.dtype == np.float32
    assert found.shape == x.shape
    assert np.abs(found - exact(x)).max() < 1e-7


@given(ARRAYS)
@settings(deadline=None)
def test_it_is_odd_to_the_last_bit(x: NDArray[np.float32]) -> None:
    assert erf(-x).tobytes() == (-erf(x)).tobytes()


@given(hnp.arrays(np.float32, st.integers(2, 50), elements=NUMBERS | NEAR_ZERO))
@settings(deadline=None)
def test_it_never_falls(x: NDArray[np.float32]) -> None:
    assert (np.diff(erf(np.sort(x))) >= 0).all()


@pytest.mark.parametrize("start", [0.0, 0.001953125, 0.5, 1.0, 2.0, 3.9, 5.998])
def test_it_never_falls_between_neighbouring_floats(start: float) -> None:
    first = np.float32(start).view(np.uint32)
    x = np.arange(first, first + 100_000, dtype=np.uint32).view(np.float32)
    assert (np.diff(erf(x)) >= 0).all()


def test_ends_and_zeros_are_exact_and_keep_their_signs() -> None:
    x = np.array([0.0, -0.0, np.inf, -np.inf, 6, -6, 3e38], np.float32)
    expected = np.array([0.0, -0.0, 1, -1, 1, -1, 1], np.float32)
    assert erf(x).tobytes() == expected.tobytes()


@given(st.integers(1, (1 << 23) - 1))
@settings(deadline=None)
def test_subnormal_numbers_keep_their_slope(bits: int) -> None:
    x = np.array([bits], np.uint32).view(np.float32)
    slope = 2 / math.sqrt(math.pi)
    assert abs(float(erf(x)[0]) - slope * float(x[0])) <= SMALLEST


def test_no_values_give_none() -> None:
    assert erf(np.zeros((0, 3), np.float32)).shape == (0, 3)


def test_what_is_no_number_stays_none() -> None:
    found = erf(np.array([np.nan, 1, -np.nan], np.float32))
    assert np.isnan(found).tolist() == [True, False, True]
