"""Steps in an order in which they can be done, whatever hangs on what."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from lowformer_edge.sweep.step import Step
from lowformer_edge.sweep.step_queue import StepQueue


def step(number: int, needs: set[int], after: set[int]) -> Step:
    return Step(
        name=str(number),
        function=print,
        argument=number,
        results=(Path(f"a/{number}"), Path(f"b/{number}")),
        needs=tuple(Path(f"b/{other}") for other in sorted(needs)),
        after=tuple(Path(f"a/{other}") for other in sorted(after)),
    )


@st.composite
def plans(draw: st.DrawFn) -> tuple[list[Step], set[int]]:
    """Steps that hang on earlier ones, in any order, and numbers of those that fail."""
    count = draw(st.integers(1, 12))
    steps = []
    for number in range(count):
        earlier = st.sets(st.integers(0, number - 1)) if number else st.just(set())
        steps.append(step(number, draw(earlier), draw(earlier)))
    return draw(st.permutations(steps)), draw(st.sets(st.integers(0, count - 1)))


@given(plans(), st.randoms(use_true_random=False))
def test_each_ends_once_after_what_it_hangs_on(plan: tuple[list[Step], set[int]], random) -> None:  # type: ignore[no-untyped-def]
    steps, failing = plan
    queue = StepQueue(steps)
    at_work: list[Step] = []
    ended: list[Step] = []
    while True:
        at_work += queue.ready()
        if not at_work:
            break
        one = at_work.pop(random.randrange(len(at_work)))
        ended += [one, *(other for other, _ in queue.end(one, failure_of(one, failing)))]
    assert sorted(one.argument for one in ended) == list(range(len(steps)))
    place = {path: number for number, one in enumerate(ended) for path in one.results}
    for number, one in enumerate(ended):
        assert all(place[path] < number for path in (*one.needs, *one.after))


def failure_of(one: Step, failing: set[int]) -> str | None:
    return "no disk" if one.argument in failing else None


@given(plans())
def test_what_needs_a_failed_one_fails_and_nothing_else(plan: tuple[list[Step], set[int]]) -> None:
    steps, failing = plan
    queue = StepQueue(steps)
    done: set[int] = set()
    while ready := queue.ready():
        for one in ready:
            done.add(one.argument)
            queue.end(one, failure_of(one, failing))
    by_number = {one.argument: one for one in steps}

    def is_hopeless(number: int) -> bool:
        needs = [int(path.name) for path in by_number[number].needs]
        return any(other in failing or is_hopeless(other) for other in needs)

    assert done == {number for number in by_number if not is_hopeless(number)}
    assert {int(path.name) for path in queue.failures} == {
        number for number in by_number if number in failing or is_hopeless(number)
    }


def test_what_is_there_already_is_waited_for_by_none() -> None:
    queue = StepQueue([step(3, {1}, {2})])
    assert [one.argument for one in queue.ready()] == [3]
