from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowformer_edge.export.search.solver import Choice, convex_hull, front

CHOICES = st.lists(
    st.builds(
        Choice,
        value=st.sampled_from(["int8", "fp16", 16, 32]),
        noise=st.integers(0, 50).map(float),
        cost=st.integers(0, 50).map(float),
    ),
    min_size=1,
    max_size=4,
)
PROBLEMS = st.dictionaries(st.sampled_from("abcde"), CHOICES, min_size=1)


def every_mix(problem: dict[str, list[Choice]]) -> list[tuple[float, float]]:
    """Cost and noise of every combination."""
    return [
        (sum(choice.cost for choice in mix), sum(choice.noise for choice in mix))
        for mix in itertools.product(*problem.values())
    ]


@given(PROBLEMS)
@settings(deadline=None)
def test_the_front_runs_from_the_fastest_to_the_cleanest(problem: dict[str, list[Choice]]) -> None:
    mixes = front(problem)
    reachable = every_mix(problem)
    assert mixes[0].cost == min(cost for cost, _ in reachable)
    assert mixes[-1].noise == min(noise for _, noise in reachable)
    for before, after in itertools.pairwise(mixes):
        assert after.noise < before.noise
        assert after.cost > before.cost
        changed = [path for path in problem if before.values[path] != after.values[path]]
        assert len(changed) <= 1


@given(PROBLEMS, st.floats(0.01, 100))
@settings(deadline=None)
def test_for_any_price_of_noise_the_best_mix_is_on_the_front(
    problem: dict[str, list[Choice]], price: float
) -> None:
    best = min(cost + price * noise for cost, noise in every_mix(problem))
    found = min(mix.cost + price * mix.noise for mix in front(problem))
    assert found == pytest.approx(best)


@given(PROBLEMS)
@settings(deadline=None)
def test_no_mix_is_better_in_both_than_one_on_the_front(problem: dict[str, list[Choice]]) -> None:
    reachable = every_mix(problem)
    for mix in front(problem):
        assert not any(
            cost <= mix.cost and noise <= mix.noise and (cost, noise) != (mix.cost, mix.noise)
            for cost, noise in reachable
        )


def test_a_choice_that_is_slower_and_noisier_is_never_taken() -> None:
    problem = {"a": [Choice("int8", 5, 1), Choice("bad", 6, 2), Choice("fp16", 0, 3)]}
    assert [mix.values["a"] for mix in front(problem)] == ["int8", "fp16"]


def test_the_most_worthwhile_op_goes_first() -> None:
    problem = {
        "cheap": [Choice("int8", 4, 0), Choice("fp16", 0, 1)],
        "dear": [Choice("int8", 4, 0), Choice("fp16", 0, 10)],
        "quiet": [Choice("int8", 0.1, 0), Choice("fp16", 0, 1)],
    }
    order = [
        next(path for path in problem if before.values[path] != after.values[path])
        for before, after in itertools.pairwise(front(problem))
    ]
    assert order == ["cheap", "dear", "quiet"]


def test_a_float_op_that_is_faster_costs_nothing() -> None:
    problem = {"a": [Choice("int8", 5, 2), Choice("fp16", 0, 1)]}
    (mix,) = front(problem)
    assert mix.values == {"a": "fp16"}


def test_the_hull_leaves_out_what_lies_above_it() -> None:
    corner = [Choice("a", 10, 0), Choice("b", 9, 5), Choice("c", 0, 10)]
    assert [choice.value for choice in convex_hull(corner)] == ["a", "c"]
    bent = [Choice("a", 10, 0), Choice("b", 2, 5), Choice("c", 0, 10)]
    assert [choice.value for choice in convex_hull(bent)] == ["a", "b", "c"]
