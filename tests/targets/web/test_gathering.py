"""Waiting for browsers: a scripted source of what comes from them, and a clock of its own."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from lowformer_edge.errors import TargetError
from lowformer_edge.progress import Advance, SilentProgress
from lowformer_edge.targets.web.events import Answered, Event, Gone, Opened, Progressed, Refused
from lowformer_edge.targets.web.gathering import POLL_S, RELOAD_S, BrowserRun, Gathering
from lowformer_edge.targets.web.protocol import WebJob

from .jobs import alone, check, in_turns, job
from .stand_in import done

JOB = job(check(0, images=4), alone(), in_turns(0, rounds=10))
UNITS = 4 + 1 + 10

FACTS = {"browser": "Chromium 150", "system": "Linux"}
PATIENCE_S = 60.0

Wait = float
"""Seconds in which nothing comes."""


class Script:
    """Gives events one after the other, and nothing more after them; time passes as it waits.

    Args:
        steps: Events, and waits between them.
    """

    def __init__(self, steps: Sequence[Event | Wait]) -> None:
        self._steps = list(steps)
        self.now = 1000.0

    def take(self, timeout: float) -> Event | None:
        if not self._steps:
            self.now += timeout
            return None
        if isinstance(wait := self._steps[0], float):
            self.now += min(timeout, wait)
            self._steps[:1] = [wait - timeout] if wait > timeout else []
            return None
        step = self._steps.pop(0)
        assert not isinstance(step, float)
        return step


class Listener(SilentProgress):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.total: int | None = None
        self.notes: list[str] = []
        self.told: list[str] = []

    @contextlib.contextmanager
    def step(self, description: str, total: int | None = None) -> Iterator[Advance]:
        self.total = total
        yield self.done.append

    def note(self, text: str) -> None:
        self.notes.append(text)

    def tell(self, text: str) -> None:
        self.told.append(text)


class Gathered:
    """What came of a script.

    Args:
        steps: See :class:`Script`.
        browsers: How many are waited for.
        watch: Sees whether something ended.
    """

    def __init__(
        self,
        *steps: Event | Wait,
        browsers: int = 1,
        watch: Callable[[], object] = lambda: None,
        job: WebJob = JOB,
    ) -> None:
        self.script, self.progress = Script(steps), Listener()
        self._gathering = Gathering(
            job, browsers, PATIENCE_S, "web", watch, clock=lambda: self.script.now
        )

    def follow(self) -> list[BrowserRun]:
        return self._gathering.follow(self.script, "running on web", self.progress)

    def failure(self) -> str:
        with pytest.raises(TargetError) as caught:
            self.follow()
        assert len(str(caught.value).splitlines()) == 1
        return str(caught.value)


def opened(browser: int = 0, **facts: str) -> Opened:
    return Opened(browser, {**FACTS, **facts})


def answered(request: int, browser: int = 0, **changes: Any) -> Answered:
    return Answered(browser, request, json.dumps({**done({}), **changes}).encode())


def through(browser: int = 0) -> list[Event]:
    """All answers of a browser, in order."""
    return [answered(request, browser) for request in range(len(JOB.requests))]


def test_a_browser_that_answers_everything_is_through() -> None:
    gathered = Gathered(opened(), *through())
    (run,) = gathered.follow()
    assert len(run.answers) == 3
    assert (gathered.progress.total, sum(gathered.progress.done)) == (UNITS, UNITS)
    assert gathered.progress.told == ["web: Chromium 150 on Linux opened the page"]
    assert gathered.progress.notes == []


def test_a_browser_is_named_by_its_model_and_hides_its_processor() -> None:
    (run,) = Gathered(opened(model="Pixel 8", processor="i9"), *through()).follow()
    assert run.name == "Chromium 150 on Pixel 8"
    assert run.machine["processor"] == "in Chromium 150 on Pixel 8"
    assert run.machine["system"] == "Linux"


def test_a_browser_that_tells_nothing_has_a_name_all_the_same() -> None:
    (run,) = Gathered(Opened(0, {}), *through()).follow()
    assert run.machine == {"processor": "in a browser", "system": "unknown"}


def test_nobody_comes() -> None:
    gathered = Gathered()
    assert gathered.failure() == (
        "web: 0 of 1 browsers opened the page and were through within 60 s; open its address in"
        " one, or ask for fewer"
    )
    assert gathered.script.now == pytest.approx(1000 + PATIENCE_S, abs=2 * POLL_S)


def test_the_last_moment_is_not_too_late() -> None:
    assert len(Gathered(PATIENCE_S - 1, opened(), *through()).follow()) == 1


def test_a_page_that_is_closed_is_told_once_it_does_not_come_back() -> None:
    gathered = Gathered(opened(), answered(0), Gone(0))
    assert gathered.failure() == (
        "web: Chromium 150 on Linux: the page was closed before it was through; open it once more"
    )
    assert gathered.script.now == pytest.approx(1000 + RELOAD_S, abs=2 * POLL_S)


def test_a_page_that_is_reloaded_begins_anew() -> None:
    steps = [opened(), answered(0), Gone(0), RELOAD_S / 2, opened(1), *through(1)]
    gathered = Gathered(*steps)
    (run,) = gathered.follow()
    assert len(run.answers) == 3
    (note,) = gathered.progress.notes
    assert note.endswith("closed before it was through; its answers are left out")


def test_a_page_that_is_closed_when_it_is_through_has_answered() -> None:
    steps = [opened(), opened(1), *through(), Gone(0), *through(1)]
    gathered = Gathered(*steps, browsers=2)
    assert [len(run.answers) for run in gathered.follow()] == [3, 3]
    assert gathered.progress.notes == []


def test_silence_is_given_up() -> None:
    gathered = Gathered(opened(), answered(0))
    assert gathered.failure() == (
        "web: Chromium 150 on Linux: gave no sign for 60 s; open it once more"
    )


def test_progress_is_a_sign() -> None:
    signs: list[Event | Wait] = []
    for number in range(10):
        signs += [PATIENCE_S / 2, Progressed(0, 2, number)]
    steps = [opened(), answered(0), answered(1), *signs, answered(2)]
    assert len(Gathered(*steps).follow()) == 1


def test_of_two_browsers_one_may_leave_if_another_comes() -> None:
    steps = [opened(), opened(1), Gone(0), *through(1), opened(2), *through(2)]
    gathered = Gathered(*steps, browsers=2)
    assert [len(run.answers) for run in gathered.follow()] == [3, 3]
    assert len(gathered.progress.notes) == 1


def test_of_two_browsers_one_that_leaves_is_missed() -> None:
    gathered = Gathered(opened(), opened(1), Gone(0), *through(1), browsers=2)
    assert "1 of 2 browsers opened the page and were through within 60 s" in gathered.failure()


def test_whoever_came_besides_is_waited_for() -> None:
    runs = Gathered(opened(), opened(1), *through(), 5.0, *through(1)).follow()
    assert len(runs) == 2


def test_whoever_came_besides_and_fell_silent_is_left_out() -> None:
    gathered = Gathered(opened(), opened(1), *through())
    (run,) = gathered.follow()
    assert len(run.answers) == 3
    (note,) = gathered.progress.notes
    assert note.endswith("gave no sign for 60 s; its answers are left out")


def test_what_was_given_up_is_not_taken_up_again() -> None:
    """Its answers would be shown although they are said to be left out."""
    busy = [step for n in range(4) for step in (PATIENCE_S / 2, Progressed(1, 0, n))]
    gathered = Gathered(opened(), opened(1), *busy, *through(0), *through(1))
    (run,) = gathered.follow()
    assert run.facts == FACTS
    assert len(run.answers) == 3
    assert gathered.progress.notes == [
        "web: Chromium 150 on Linux: gave no sign for 60 s; its answers are left out"
    ]


def test_an_answer_out_of_order_is_not_taken_for_another() -> None:
    gathered = Gathered(opened(), answered(2), answered(0), answered(1), answered(0))
    assert "gave no sign" in gathered.failure()
    assert sum(gathered.progress.done) == 4 + 1


def test_progress_never_goes_backwards_or_beyond() -> None:
    told = [Progressed(0, 0, 3), Progressed(0, 0, 1), Progressed(0, 0, 10**9), Progressed(0, 2, 9)]
    gathered = Gathered(opened(), *told, *through())
    gathered.follow()
    assert gathered.progress.done == [3, 1, 1, 10]


def test_refusals_are_told() -> None:
    gathered = Gathered(Refused("10.0.0.9", "posts from another page"), opened(), *through())
    gathered.follow()
    assert gathered.progress.notes == ["refused: 10.0.0.9: posts from another page"]


def test_refusals_keep_nobody_waiting() -> None:
    steps = [step for _ in range(30) for step in (5.0, Refused("10.0.0.9", "posts too often"))]
    assert "0 of 1 browsers" in Gathered(*steps).failure()


def test_an_answer_that_is_none_ends_it() -> None:
    gathered = Gathered(opened(), Answered(0, 0, b"{}"))
    assert gathered.failure().startswith("web: Chromium 150 on Linux: the page's answer cannot be")


def test_what_ends_by_itself_ends_it() -> None:
    def ended() -> None:
        raise TargetError("the browser ended with 1")

    assert Gathered(opened(), watch=ended).failure() == "the browser ended with 1"


def test_without_requests_a_browser_says_what_it_is() -> None:
    (run,) = Gathered(opened(), job=job()).follow()
    assert (run.facts, run.answers) == (FACTS, [])
