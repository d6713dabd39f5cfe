"""The bookkeeping of timings; no test here depends on how fast the machine is."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowformer_edge.judging.ratio import ratio
from lowformer_edge.runtime.measure.durations import LatencyResult, time_interleaved


def test_runs_take_turns_after_an_untimed_one_and_the_warm_up_does_not_count() -> None:
    calls: list[str] = []
    rounds: list[int] = []
    results = time_interleaved(
        {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")},
        rounds=4,
        warmup=2,
        on_round=lambda: rounds.append(1),
    )
    assert calls == ["a", "a", "b", "b"] * 6
    assert len(rounds) == 6
    assert all(len(result.milliseconds) == 4 for result in results.values())
    assert all((result.milliseconds >= 0).all() for result in results.values())


def test_garbage_collection_is_back_on_after_an_error() -> None:
    def fail() -> None:
        assert not gc.isenabled()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        time_interleaved({"a": fail})
    assert gc.isenabled()


def test_statistics_of_known_durations() -> None:
    result = LatencyResult(np.arange(1.0, 102.0))
    assert (result.median, result.percentile(10), result.percentile(90)) == (51, 11, 91)


def test_the_ratio_of_a_known_slowdown() -> None:
    base = np.random.default_rng(0).lognormal(0, 0.2, 200)
    found = ratio(LatencyResult(base * 0.5), LatencyResult(base))
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5))


@given(st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_the_interval_holds_the_ratio(seed: int) -> None:
    generator = np.random.default_rng(seed)
    ours = LatencyResult(generator.lognormal(0, 0.3, 40))
    theirs = LatencyResult(generator.lognormal(0.5, 0.3, 40))
    found = ratio(ours, theirs)
    assert found.low <= found.value <= found.high
    assert ratio(ours, theirs) == found


def test_ratios_need_equal_rounds() -> None:
    with pytest.raises(ValueError, match="same rounds"):
        ratio(LatencyResult(np.ones(3)), LatencyResult(np.ones(4)))
    with pytest.raises(ValueError, match="same rounds"):
        ratio(LatencyResult(np.ones(0)), LatencyResult(np.ones(0)))
