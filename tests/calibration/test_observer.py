from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lowformer_edge.calibration.observer import (
    MinMaxObserver,
    Observer,
    PercentileObserver,
    observer_factory,
)
from lowformer_edge.errors import UsageError

BATCHES = st.lists(
    hnp.arrays(np.float32, hnp.array_shapes(max_dims=3), elements=st.floats(-1e6, 1e6, width=32)),
    min_size=1,
    max_size=6,
)


def observe(observer: Observer, *batches: np.ndarray) -> tuple[float, float]:
    for batch in batches:
        observer.update(torch.from_numpy(np.asarray(batch, np.float32)))
    return observer.range()


@given(BATCHES)
def test_min_max_is_that_of_all_values(batches: list[np.ndarray]) -> None:
    values = np.concatenate([batch.ravel() for batch in batches])
    assert observe(MinMaxObserver(), *batches) == (values.min(), values.max())


@given(BATCHES)
def test_the_whole_percentile_is_min_max(batches: list[np.ndarray]) -> None:
    expected = observe(MinMaxObserver(), *batches)
    assert observe(PercentileObserver(100), *batches) == expected


@given(BATCHES, st.floats(50, 99.99))
@settings(deadline=None)
def test_a_percentile_keeps_at_least_its_share(batches: list[np.ndarray], percent: float) -> None:
    values = np.concatenate([batch.ravel() for batch in batches])
    low, high = observe(PercentileObserver(percent), *batches)
    assert values.min() <= low <= high <= values.max()
    slack = 1e-6 * max(1.0, float(np.abs(values).max()))
    inside = (values >= low - slack) & (values <= high + slack)
    assert inside.mean() >= percent / 100 - 1e-9


def test_percentile_of_a_known_distribution() -> None:
    values = np.linspace(-1, 1, 100_001, dtype=np.float32)
    parts = np.array_split(np.random.default_rng(0).permutation(values), 10)
    low, high = observe(PercentileObserver(98), *parts)
    assert low == pytest.approx(-0.98, abs=2 / 512)
    assert high == pytest.approx(0.98, abs=2 / 512)


def test_an_outlier_moves_min_max_and_not_the_percentile() -> None:
    values = np.random.default_rng(0).normal(0, 1, 100_000).astype(np.float32)
    outlier = np.array([1e4], np.float32)
    assert observe(MinMaxObserver(), values, outlier)[1] == 1e4
    low, high = observe(PercentileObserver(99.9), values, outlier)
    assert -30 < low < -2
    assert 2 < high < 30


def test_growing_batches_keep_their_counts() -> None:
    observer = PercentileObserver(90)
    low, high = observe(observer, *[np.linspace(-(2**k), 2**k, 1001) for k in range(12)])
    values = np.concatenate([np.linspace(-(2**k), 2**k, 1001) for k in range(12)])
    expected = np.percentile(values, [5, 95])
    assert (low, high) == pytest.approx(tuple(expected), abs=2 * 2**11 / 512)


def test_constant_values() -> None:
    for name in ("minmax", "percentile:99"):
        assert observe(observer_factory(name)(), np.full(7, 3.5)) == (3.5, 3.5)


@pytest.mark.parametrize("name", ["percentile:99.99", "percentile:100", "minmax"])
def test_factories_make_fresh_observers(name: str) -> None:
    factory = observer_factory(name)
    assert observe(factory(), np.array([1.0])) == (1, 1)
    assert observe(factory(), np.array([2.0])) == (2, 2)


@pytest.mark.parametrize(
    "name",
    ["", "maxmin", "percentile", "percentile:", "percentile:x", "percentile:0", "percentile:101"],
)
def test_unknown_observers(name: str) -> None:
    with pytest.raises(UsageError, match="perc"):
        observer_factory(name)
