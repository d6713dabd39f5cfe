"""Verdicts on made-up timings; how steady this machine is does not matter here."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowformer_edge.judging import steadiness
from lowformer_edge.judging.ratio import Ratio, ratio
from lowformer_edge.judging.steadiness import doubts, drift, has_two_speeds
from lowformer_edge.runtime.measure import load
from lowformer_edge.runtime.measure.durations import LatencyResult
from lowformer_edge.runtime.measure.load import OtherLoad, TakenTime, taken_share

STEADY = np.random.default_rng(0).normal(10, 0.1, 100)
SURE = Ratio(0.5, 0.49, 0.51)


def test_steady_times_raise_no_doubts() -> None:
    assert doubts({"a": [LatencyResult(STEADY)]}, {"a": SURE}, 0.05) == []
    assert doubts({"a": [LatencyResult(STEADY)] * 5}, {"a": SURE}, None) == []


@pytest.mark.parametrize(
    ("times", "relative", "load", "expected"),
    [
        (STEADY * np.linspace(1, 1.4, 100), SURE, 0.0, "a: became 25 % slower"),
        (STEADY * np.linspace(1.4, 1, 100), SURE, 0.0, "a: became 20 % faster"),
        (STEADY[:99] * np.tile([1, 1.5, 1], 33), SURE, 0.0, "a: ran at two speeds"),
        (STEADY, Ratio(0.5, 0.4, 0.6), 0.0, "its ratio is uncertain, 0.400 to 0.600"),
        (STEADY, SURE, 0.4, "other processes took 40 % of the cores"),
        (STEADY[:9], SURE, 0.0, "9 runs in a process are too few"),
    ],
    ids=["throttled", "speeding up", "two speeds", "wide", "busy", "few"],
)
def test_each_trouble_is_named(
    times: np.ndarray, relative: Ratio, load: float, expected: str
) -> None:
    (line,) = doubts({"a": [LatencyResult(times)]}, {"a": relative}, load)
    assert expected in line


def test_a_process_or_two_may_be_unsteady_and_no_more() -> None:
    steady, throttled = STEADY[:30], STEADY[:30] * np.linspace(1, 1.5, 30)
    for count, expected in ((1, []), (2, []), (3, ["changed its speed within 3 of 10"])):
        processes = [LatencyResult(throttled)] * count + [LatencyResult(steady)] * (10 - count)
        found = doubts({"a": processes[::-1]}, {"a": SURE}, 0.0)
        assert [line for line in found if "within" in line] == [
            f"a: {text} processes" for text in expected
        ]


def test_processes_that_become_slower_one_after_the_other_are_a_drift() -> None:
    processes = [LatencyResult(STEADY[:30] * (1 + number / 20)) for number in range(10)]
    (line,) = doubts({"a": processes}, {"a": SURE}, 0.0)
    assert "slower while it was timed" in line


def test_too_few_runs_in_one_process_are_too_few() -> None:
    processes = [LatencyResult(STEADY), LatencyResult(STEADY[:9])]
    (line,) = doubts({"a": processes}, {"a": SURE}, 0.0)
    assert "a: 9 runs in a process are too few" in line


def test_shares_of_several_stretches_count_by_their_lengths() -> None:
    stretches = [TakenTime(1.0, 1.0), TakenTime(0.0, 3.0)]
    assert taken_share(stretches) == 0.25
    assert taken_share([*stretches, None]) is None
    assert taken_share([]) is None


@given(st.integers(0, 10_000), st.floats(0.001, 0.05))
@settings(max_examples=100, deadline=None)
def test_one_cluster_is_one_speed(seed: int, spread: float) -> None:
    times = np.random.default_rng(seed).lognormal(0, spread, 60)
    assert not has_two_speeds(times)
    assert abs(drift(times)) < steadiness.LARGEST_DRIFT


@given(st.integers(0, 10_000), st.floats(1.35, 5), st.floats(0.25, 0.75))
@settings(max_examples=100, deadline=None)
def test_two_clusters_are_two_speeds(seed: int, factor: float, share: float) -> None:
    generator = np.random.default_rng(seed)
    times = generator.normal(10, 0.1, 100)
    times[: int(100 * share)] *= factor
    generator.shuffle(times)
    assert has_two_speeds(times)


def test_a_few_outliers_are_no_second_speed() -> None:
    times = STEADY.copy()
    times[::20] *= 3
    assert not has_two_speeds(times)


def test_equal_times_are_one_speed() -> None:
    assert not has_two_speeds(np.full(20, 3.0))


def test_a_busy_stretch_widens_the_interval() -> None:
    generator = np.random.default_rng(0)
    theirs = generator.normal(10, 0.2, 100)
    ours = generator.normal(5, 0.1, 100)
    ours[40:70] *= 1.4
    stretched = ratio(LatencyResult(ours), LatencyResult(theirs))
    generator.shuffle(ours)
    mixed = ratio(LatencyResult(ours), LatencyResult(theirs))
    assert stretched.high - stretched.low > 2 * (mixed.high - mixed.low)


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="needs Linux's /proc/stat")
def test_the_load_of_others_is_seen_and_our_own_is_not() -> None:
    busy = "import time\nend = time.monotonic() + 1.5\nwhile time.monotonic() < end: pass"
    load = OtherLoad()
    with subprocess.Popen([sys.executable, "-c", busy]) as process:
        time.sleep(1.2)
        others = load.taken()
        process.kill()
    assert others is not None
    cores = len(os.sched_getaffinity(0))
    assert others.others / others.total > 0.5 / cores


def test_without_proc_stat_nothing_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "_STAT", tmp_path / "none")
    assert OtherLoad().taken() is None
