from __future__ import annotations

import threading

import pytest

from lowformer_edge.cli.step_log import StepLog, shown_duration


def test_a_quick_step_is_one_line() -> None:
    lines: list[str] = []
    with StepLog(lines.append).step("reading", 3) as advance:
        advance(1)
    assert lines == ["reading ..."]


def test_a_long_step_tells_its_duration() -> None:
    lines: list[str] = []
    with StepLog(lines.append, told_s=0).step("converting"):
        pass
    assert lines == ["converting ...", "converting: took 0 s"]


def test_a_long_step_that_fails_tells_so() -> None:
    lines: list[str] = []
    with pytest.raises(ZeroDivisionError), StepLog(lines.append, told_s=0).step("converting"):
        raise ZeroDivisionError
    assert lines[1:] == ["converting: stopped after 0 s"]


@pytest.mark.parametrize(
    ("total", "line"), [(4, "timing: 0 s so far, 50 %"), (None, "timing: 0 s so far")]
)
def test_a_very_long_step_tells_that_it_goes_on(total: int | None, line: str) -> None:
    lines: list[str] = []
    beaten = threading.Event()

    def write(text: str) -> None:
        lines.append(text)
        if text == line:
            beaten.set()

    with StepLog(write, heartbeat_s=0.01).step("timing", total) as advance:
        advance(2)
        assert beaten.wait(10)
    assert not [thread for thread in threading.enumerate() if thread.name == "heartbeat"]


def test_a_reader_who_left_stops_no_step() -> None:
    tried = threading.Event()

    def write(text: str) -> None:
        if text.endswith("so far"):
            tried.set()
            raise BrokenPipeError

    with StepLog(write, heartbeat_s=0.01).step("timing"):
        assert tried.wait(10)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (5.4, "5 s"),
        (59.6, "1 min 0 s"),
        (125, "2 min 5 s"),
        (3599.9, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations_are_short(seconds: float, shown: str) -> None:
    assert shown_duration(seconds) == shown
