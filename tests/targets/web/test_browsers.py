"""How many browsers there are, and how often they post."""

from __future__ import annotations

import re

import pytest

from lowformer_edge.targets.web.browsers import (
    MOST_AT_ONCE,
    MOST_BROWSERS,
    MOST_OPENINGS,
    POSTS_PER_S,
    Browsers,
    Rate,
)
from lowformer_edge.targets.web.refusal import Refusal

from ...clock import Clock


def test_posts_come_at_once_and_then_at_a_rate() -> None:
    clock = Clock()
    rate = Rate(clock)
    assert sum(rate.admits() for _ in range(1000)) == MOST_AT_ONCE
    clock.now = 1.0
    assert sum(rate.admits() for _ in range(1000)) == POSTS_PER_S
    clock.now = 1000.0
    assert sum(rate.admits() for _ in range(1000)) == MOST_AT_ONCE


def test_one_that_posts_too_often_slows_nobody_else() -> None:
    browsers = Browsers(Clock())
    for _ in range(2):
        browsers.add()
    for _ in range(MOST_AT_ONCE):
        browsers.check_post(0)
    with pytest.raises(Refusal, match="more than 20 times a second") as caught:
        browsers.check_post(0)
    assert caught.value.status == 429
    browsers.check_post(1)
    browsers.check_opening()


def test_the_page_is_not_opened_without_end() -> None:
    browsers = Browsers(Clock())
    for number in range(MOST_OPENINGS):
        assert browsers.add() == number
        assert browsers.remove(number)
        assert not browsers.remove(number)
    with pytest.raises(Refusal, match=re.escape(f"opened {MOST_OPENINGS} times")) as caught:
        browsers.add()
    assert caught.value.status == 429


def test_one_that_left_makes_room() -> None:
    browsers = Browsers(Clock())
    for _ in range(MOST_BROWSERS):
        browsers.add()
    with pytest.raises(Refusal, match="close it in one"):
        browsers.add()
    browsers.remove(5)
    assert browsers.add() == MOST_BROWSERS


def test_an_answer_that_did_not_come_may_come_again() -> None:
    browsers = Browsers(Clock())
    browsers.add()
    for came, status in ((False, 503), (True, 503), (None, 409)):
        if came is not None:
            browsers.begin_answer(0, 7)
        with pytest.raises(Refusal) as caught:
            browsers.begin_answer(0, 7)
        assert caught.value.status == status
        if came is not None:
            browsers.end_answer(0, 7, came=came)
