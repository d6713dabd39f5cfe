"""The elimination against least squares on every subset."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lowformer_edge.export.pruning.elimination import Moments, eliminate

ROWS = 200


def rows_of(seed: int, channels: int, columns: int = 1) -> NDArray[np.float32]:
    """Activations that hang together."""
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(channels * columns, channels * columns))
    return np.maximum(rng.normal(size=(ROWS, channels * columns)) @ mixing, -0.5).astype(np.float32)


def moments_of(hidden: NDArray[np.float32], projected: NDArray[np.float32]) -> Moments:
    moments = Moments(hidden.shape[1], projected.shape[1])
    for part in np.array_split(np.arange(len(hidden)), 3):
        moments.add(hidden[part], projected[part])
    return moments


def least_error(
    hidden: NDArray[np.float32], projected: NDArray[np.float32], places: NDArray[np.intp]
) -> float:
    """Of a projection of some activations, over the projection's power."""
    known = np.column_stack([hidden[:, places], np.ones(len(hidden))]).astype(np.float64)
    fitted = known @ np.linalg.lstsq(known, projected.astype(np.float64), rcond=None)[0]
    return float(np.square(projected - fitted).sum() / np.square(projected).sum())


@given(st.integers(0, 10_000), st.integers(2, 6), st.sampled_from([1, 4]))
@settings(deadline=None)
def test_each_channel_that_goes_is_the_one_that_costs_least(
    seed: int, channels: int, columns: int
) -> None:
    hidden = rows_of(seed, channels, columns)
    weights = np.random.default_rng(seed).normal(size=(hidden.shape[1], 3))
    projected = (hidden @ weights).astype(np.float32)
    order = eliminate([moments_of(hidden, projected)], 1, columns)
    places = np.arange(channels * columns).reshape(channels, columns)

    def error_of(kept: list[int]) -> float:
        return least_error(hidden, projected, places[kept].ravel())

    left = list(range(channels))
    for gone, error in zip(order.order[: channels - 1], order.errors[1:], strict=True):
        best = min(error_of([one for one in left if one != other]) for other in left)
        left.remove(int(gone))
        assert error_of(left) == pytest.approx(best, rel=1e-3, abs=1e-5)
        assert error == pytest.approx(error_of(left), rel=1e-3, abs=1e-5)


@given(st.integers(0, 10_000), st.sampled_from([1, 4]))
@settings(deadline=None)
def test_of_several_projections_the_shares_of_the_errors_count(seed: int, columns: int) -> None:
    hiddens = [rows_of(seed + number, 5, columns) for number in range(2)]
    scales = (1, 100)
    projected = [
        scale * (hidden @ np.random.default_rng(scale).normal(size=(hidden.shape[1], 3)))
        for scale, hidden in zip(scales, hiddens, strict=True)
    ]
    pairs = [(one, two.astype(np.float32)) for one, two in zip(hiddens, projected, strict=True)]
    order = eliminate([moments_of(*pair) for pair in pairs], 1, columns)
    places = np.arange(5 * columns).reshape(5, columns)

    def error_of(kept: list[int]) -> float:
        return sum(least_error(*pair, places[kept].ravel()) for pair in pairs) / 2

    left = list(range(5))
    for gone, error in zip(order.order[:4], order.errors[1:], strict=True):
        best = min(error_of([one for one in left if one != other]) for other in left)
        left.remove(int(gone))
        assert error_of(left) == pytest.approx(best, rel=1e-3, abs=1e-5)
        assert error == pytest.approx(error_of(left), rel=1e-3, abs=1e-5)


@given(st.integers(0, 10_000))
@settings(deadline=None)
def test_a_fit_is_that_of_least_squares(seed: int) -> None:
    hidden = rows_of(seed, 6)
    projected = rows_of(seed + 1, 4)
    kept = np.array([0, 2, 3])
    weights, shift = moments_of(hidden, projected).fit(kept)
    error = np.square(projected - (hidden[:, kept] @ weights + shift)).sum()
    assert error / np.square(projected).sum() == pytest.approx(
        least_error(hidden, projected, kept), rel=1e-3, abs=1e-5
    )


def test_copies_and_dead_channels_go_first_and_cost_nothing() -> None:
    hidden = rows_of(0, 5)
    hidden[:, 3] = 2 * hidden[:, 1]
    hidden[:, 4] = 0
    projected = (hidden @ np.random.default_rng(0).normal(size=(5, 3))).astype(np.float32)
    order = eliminate([moments_of(hidden, projected)], 2)
    assert 4 in order.order[:2]
    assert {1, 3} & set(order.order[:2].tolist())
    assert order.errors[2] < 1e-5 < order.errors[3]


@given(st.integers(1, 8), st.integers(1, 8))
@settings(deadline=None)
def test_so_many_are_kept_in_their_order(channels: int, least: int) -> None:
    hidden = rows_of(channels, channels)
    order = eliminate([moments_of(hidden, hidden)], min(least, channels))
    assert sorted(order.order.tolist()) == list(range(channels))
    for count, narrower in itertools.pairwise(range(channels, min(least, channels) - 1, -1)):
        assert set(order.kept(narrower)) < set(order.kept(count))
        assert order.kept(count).tolist() == sorted(order.kept(count))
