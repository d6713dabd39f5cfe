"""The bookkeeping of timings; no test here depends on how fast the machine is."""

from __future__ import annotations

import gc

import numpy as np
import pytest

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
