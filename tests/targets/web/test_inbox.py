"""What waits for whoever reads it is little, and old progress is not among it."""

from __future__ import annotations

import pytest

from lowformer_edge.targets.web import inbox as inbox_module
from lowformer_edge.targets.web.events import Answered, Event, Gone, Progressed, Refused
from lowformer_edge.targets.web.inbox import MOST_EVENTS, MOST_REFUSALS, REFUSALS_S, Inbox

from ...clock import Clock


def taken(inbox: Inbox) -> list[Event]:
    events = []
    while (event := inbox.take(0)) is not None:
        events.append(event)
    return events


def test_so_many_events_wait() -> None:
    inbox = Inbox()
    some: list[Event] = [Progressed(0, number, 1) for number in range(MOST_EVENTS)]
    assert all(inbox.put(event) for event in some)
    assert not inbox.put(Progressed(1, 0, 1))
    assert inbox.put(Gone(0))  # which is told once
    assert taken(inbox) == [*some, Gone(0)]
    assert inbox.put(Progressed(1, 0, 1))


def test_newer_progress_takes_the_place_of_older() -> None:
    inbox = Inbox()
    for event in (Progressed(0, 0, 1), Progressed(0, 1, 1), Progressed(1, 0, 1)):
        assert inbox.put(event)
    assert inbox.put(Progressed(0, 0, 2))
    assert taken(inbox) == [Progressed(0, 0, 2), Progressed(0, 1, 1), Progressed(1, 0, 1)]
    assert inbox.put(Progressed(0, 0, 3))
    assert taken(inbox) == [Progressed(0, 0, 3)]


def test_room_is_kept_for_answers_until_they_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "LARGEST_ANSWERS", 10)
    inbox = Inbox()
    assert inbox.reserve(11)  # it is alone
    assert not inbox.reserve(1)
    inbox.release(11)
    assert inbox.reserve(6)
    assert inbox.put(Answered(0, 0, bytes(6)))
    assert not inbox.reserve(5)
    assert taken(inbox) == [Answered(0, 0, bytes(6))]
    assert inbox.reserve(5)


def test_the_same_refusal_is_told_once_in_a_while() -> None:
    clock = Clock()
    inbox = Inbox(clock)
    for _ in range(3):
        inbox.put_refusal("10.0.0.1", "reason")
    assert taken(inbox) == [Refused("10.0.0.1", "reason")]
    clock.now = REFUSALS_S
    inbox.put_refusal("10.0.0.1", "reason")
    assert taken(inbox) == [Refused("10.0.0.1", "reason")]


def test_a_flood_of_refusals_is_a_few_lines() -> None:
    clock = Clock()
    inbox = Inbox(clock)
    for number in range(1000):
        clock.now += REFUSALS_S / 2000
        inbox.put_refusal(f"10.0.{number % 256}.{number // 256}", f"reason {number}")
    assert len(taken(inbox)) == MOST_REFUSALS
    clock.now += REFUSALS_S
    inbox.put_refusal("10.0.0.1", "reason")
    assert len(taken(inbox)) == 1


def test_one_that_is_closed_takes_nothing_and_gives_what_it_has() -> None:
    inbox = Inbox()
    inbox.put(Gone(0))
    inbox.close()
    assert not inbox.put(Gone(1))
    assert not inbox.reserve(1)
    assert inbox.take(60) == Gone(0)
    assert inbox.take(60) is None
