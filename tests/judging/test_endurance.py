"""Verdicts on made-up windows; real ones are in the tests of the command."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowformer_edge.judging.endurance import change, endurance_doubts, verdict
from lowformer_edge.runtime.measure.endurance import SLICES, WINDOWS, Endurance, Moment, Window
from lowformer_edge.runtime.measure.load import TakenTime
from lowformer_edge.runtime.measure.sensors import Reading


def windows(last: float, spread: float = 0.005, seed: int = 0) -> list[Window]:
    generator = np.random.default_rng(seed)
    speeds = np.linspace(1, last, WINDOWS)
    slices = speeds[:, None] * generator.lognormal(0, spread, (WINDOWS, SLICES))
    return [Window(100, float(np.median(row)), float(row.max()), tuple(row)) for row in slices]


@pytest.mark.parametrize(
    ("last", "spread", "expected"),
    [
        (1.0, 0.005, "steady"),
        (1.3, 0.005, "throttled"),
        (0.7, 0.005, "faster"),
        (1.3, 0.5, "uncertain"),
        (1.05, 0.005, "uncertain"),
    ],
)
def test_verdicts(last: float, spread: float, expected: str) -> None:
    assert verdict(windows(last, spread)) == expected


def test_the_interval_holds_the_change() -> None:
    found = [change(windows(1.2, 0.03, seed)) for seed in range(500)]
    assert np.mean([item.low <= 1.2 <= item.high for item in found]) >= 0.985


@given(st.integers(0, 10_000), st.floats(0.5, 2))
@settings(max_examples=50, deadline=None)
def test_the_change_lies_in_its_interval(seed: int, last: float) -> None:
    found = change(windows(last, 0.02, seed))
    assert found.low <= found.value <= found.high


def endurance(others: float | None) -> Endurance:
    taken = None if others is None else TakenTime(others, 1.0)
    moments = tuple(Moment(float(i), Reading(None, 40.0), taken) for i in range(WINDOWS))
    return Endurance(moments, (tuple(windows(1.0)),))


def test_a_busy_machine_raises_a_doubt() -> None:
    assert endurance_doubts(endurance(0.1)) == []
    assert endurance_doubts(endurance(None)) == []
    (line,) = endurance_doubts(endurance(0.5))
    assert "other processes took 50 % of the cores" in line
