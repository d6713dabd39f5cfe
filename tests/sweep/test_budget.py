"""Which cell is the best."""

from __future__ import annotations

from typing import Any

import pytest

from lowformer_edge.artifact.manifest import Closeness, Interval, Parity
from lowformer_edge.artifact.results.sweep import PlaceResult, SweepResult, SweptResult
from lowformer_edge.errors import CheckError, UsageError
from lowformer_edge.sweep.budget import Budget, best_cell, pareto_front, rated_on


def parity(top1: float, reference: float = 90.0) -> Parity:
    close = Closeness(sqnr_db=40.0, cosine=1.0, max_difference=0.1)
    value, other = (Interval(value=one, low=one - 1, high=one + 1) for one in (top1, reference))
    return Parity(images=100, data="x", outputs={"logits": close}, top1=value, reference_top1=other)


def cell(name: str, top1: float | None, ms: float, **fields: Any) -> SweptResult:
    place = PlaceResult(
        place=fields.pop("place", "host"),
        threads=1,
        verdict=fields.pop("verdict", "valid"),
        median_ms=ms,
        p90_ms=1.1 * ms,
        p10_ms=ms,
    )
    told = {"random_weights": False, "bytes": 1_000_000, **fields}
    return SweptResult(
        name=name,
        key=name,
        model="b0",
        format="tflite",
        precision="int8",
        observer="minmax",
        batch=1,
        parity=None if top1 is None else parity(top1),
        places=(place,),
        **told,
    )


def result(*cells: SweptResult) -> SweepResult:
    return SweepResult(measure="top-1 %", cells=cells)


FAST, SLOW, BEST = cell("fast", 80, 1), cell("slow", 88, 4), cell("best", 89, 9, bytes=9_000_000)


@pytest.mark.parametrize(
    ("budget", "name"),
    [
        (Budget(milliseconds=5), "slow"),
        (Budget(milliseconds=4.3), "fast"),  # of ten inferences one may take longer, not five
        (Budget(milliseconds=100), "best"),
        (Budget(megabytes=2), "slow"),
        (Budget(max_drop=1.5), "best"),
        (Budget(milliseconds=100, max_drop=2.0, megabytes=5), "slow"),
    ],
)
def test_the_most_accurate_within_budgets_is_taken(budget: Budget, name: str) -> None:
    assert best_cell(result(FAST, SLOW, BEST), budget)[0].name == name


def test_of_equals_the_fastest_is_taken() -> None:
    found, _ = best_cell(result(cell("a", 88, 4), cell("b", 88, 3)), Budget(milliseconds=9))
    assert found.name == "b"


@pytest.mark.parametrize(
    "other",
    [
        cell("other", 95, 1, verdict="INVALID"),
        cell("other", 95, 1, failures=("it does not hold",)),
        cell("other", 95, 1, random_weights=True),
        cell("other", None, 1),
    ],
)
def test_what_says_nothing_is_not_chosen(other: SweptResult) -> None:
    assert best_cell(result(FAST, other), Budget(milliseconds=9))[0].name == "fast"
    with pytest.raises(UsageError, match="no cell on host has an accuracy and a valid time"):
        best_cell(result(other), Budget(milliseconds=9))


def test_no_cell_is_within_the_budget() -> None:
    message = r"no cell on host keeps p90 at most 0\.5 ms; the fastest, fast, has a p90 of 1\.1 ms"
    with pytest.raises(CheckError, match=message):
        best_cell(result(FAST, SLOW), Budget(milliseconds=0.5))


def test_of_several_places_one_must_be_named() -> None:
    swept = result(FAST, cell("there", 85, 1, place="ssh:pi"))
    with pytest.raises(UsageError, match="`on` must say where the budget holds: host, ssh:pi"):
        best_cell(swept, Budget(milliseconds=5))
    assert best_cell(swept, Budget(milliseconds=5, place="ssh:pi"))[0].name == "there"


def test_the_front_has_no_cell_that_another_beats() -> None:
    swept = result(BEST, cell("worse", 79, 2), SLOW, FAST, cell("equal", 88, 5))
    front = pareto_front(list(rated_on(swept, "host", 1)))
    assert [one.name for one, _ in front] == ["fast", "slow", "best"]
    assert pareto_front([]) == []
