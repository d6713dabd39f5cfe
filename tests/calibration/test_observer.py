from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lowformer_edge.calibration.affine import affine_parameters
from lowformer_edge.calibration.observer import (
    EntropyObserver,
    MinMaxObserver,
    MovingAverageObserver,
    MSEObserver,
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


def test_moving_average_of_known_batches() -> None:
    observer = MovingAverageObserver(momentum=0.9)
    assert observe(observer, np.array([[0.0, 10.0]])) == (0, 10)
    low, high = observe(observer, np.array([[-1.0, 20.0], [0.0, 0.0]]))
    assert low == pytest.approx(-0.09)
    assert high == pytest.approx(0.9 * 11)


def test_moving_average_clips_what_one_image_holds() -> None:
    images = np.random.default_rng(0).uniform(-1, 1, (64, 100)).astype(np.float32)
    images[0, 0] = 10
    assert observe(MovingAverageObserver(), images)[1] < 2
    assert observe(MinMaxObserver(), images)[1] == 10


@pytest.mark.parametrize(
    ("distribution", "expected"),
    [
        # Banner et al., "Post-training 4-bit quantization" (2019), give the clipping value with
        # the least squared error for 8 bits: 3.92 deviations of a normal distribution, 9.89
        # scales of a Laplace distribution.
        (torch.distributions.Normal(0.0, 1.0), 3.92),
        (torch.distributions.Laplace(0.0, 1.0), 9.89),
    ],
    ids=["normal", "laplace"],
)
def test_mse_finds_the_published_clipping_values(
    distribution: torch.distributions.Distribution, expected: float
) -> None:
    quantiles = torch.linspace(0, 1, 2_000_002, dtype=torch.float64)[1:-1]
    values = distribution.icdf(quantiles).float()
    low, high = observe(MSEObserver(), values[None].numpy())
    assert low == pytest.approx(-expected, rel=0.03)
    assert high == pytest.approx(expected, rel=0.03)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_mse_is_never_worse_than_min_max(seed: int) -> None:
    generator = np.random.default_rng(seed)
    # Tails of finite kurtosis: with heavier ones nearly all values share a few of the bins.
    values = generator.standard_t(generator.integers(4, 9), 20_000).astype(np.float32)
    values += generator.normal()

    def error(bounds: tuple[float, float]) -> float:
        tensor = torch.from_numpy(values).double()
        return float((affine_parameters(*bounds).rounded(tensor) - tensor).square().mean())

    found, whole = observe(MSEObserver(), values[None]), observe(MinMaxObserver(), values[None])
    assert error(found) <= error(whole)


@pytest.mark.parametrize("name", ["mse", "entropy", "percentile:100"])
def test_a_uniform_distribution_keeps_its_whole_range(name: str) -> None:
    values = np.linspace(-2, 3, 500_000, dtype=np.float32)
    low, high = observe(observer_factory(name)(), values[None])
    assert low == pytest.approx(-2, abs=0.05)
    assert high == pytest.approx(3, abs=0.05)


def test_entropy_cuts_a_far_outlier_and_ignores_the_heap_at_zero() -> None:
    values = np.abs(np.random.default_rng(0).normal(0, 1, 200_000)).astype(np.float32)
    values[:100_000] = 0
    low, high = observe(EntropyObserver(), values[None])
    assert low == 0
    assert 3 < high <= values.max()
    values[-1] = 1000
    assert observe(EntropyObserver(), values[None])[1] < 100


@pytest.mark.parametrize("name", ["minmax", "percentile:99", "mse", "entropy", "moving-average"])
@pytest.mark.parametrize("value", [3.5, 0.0, -2.0])
def test_constant_values(name: str, value: float) -> None:
    low, high = observe(observer_factory(name)(), np.full((2, 7), value))
    assert (low, high) == pytest.approx((value, value))


@pytest.mark.parametrize("name", ["percentile:99.99", "mse", "entropy"])
def test_ranges_stay_within_what_was_seen(name: str) -> None:
    values = np.random.default_rng(0).normal(5, 1, (4, 1000)).astype(np.float32)
    low, high = observe(observer_factory(name)(), values)
    assert values.min() <= low <= high <= values.max()


@pytest.mark.parametrize("name", ["percentile:99.99", "percentile:100", "minmax"])
def test_factories_make_fresh_observers(name: str) -> None:
    factory = observer_factory(name)
    assert observe(factory(), np.array([1.0])) == (1, 1)
    assert observe(factory(), np.array([2.0])) == (2, 2)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "maxmin",
        "momentum",
        "percentile",
        "percentile:",
        "percentile:x",
        "percentile:0",
        "percentile:101",
    ],
)
def test_unknown_observers(name: str) -> None:
    with pytest.raises(UsageError, match="perc"):
        observer_factory(name)
