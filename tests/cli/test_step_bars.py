"""Steps as bars, several at a time."""

from __future__ import annotations

import contextlib
import io

import pytest
from rich.console import Console

from lowformer_edge.cli.step_bars import StepBars


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=100)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_steps_may_end_in_any_order(console: Console) -> None:
    bars, first, second = StepBars(console), contextlib.ExitStack(), contextlib.ExitStack()
    first.enter_context(bars.step("tflite"))
    advance = second.enter_context(bars.step("onnx", 3))
    first.close()
    advance(2)
    second.close()
    last = shown(console).rpartition("tflite")[2]
    assert "onnx" in last
    assert "3/3" in last


def test_a_step_that_counts_nothing_shows_no_count(console: Console) -> None:
    with StepBars(console).step("loading"):
        pass
    assert "/" not in shown(console).rpartition("loading")[2]


def test_one_after_the_other_each_stays_on_the_terminal(console: Console) -> None:
    bars = StepBars(console)
    for name in ("loading", "writing"):
        with bars.step(name):
            pass
    assert shown(console).index("loading") < shown(console).index("writing")
    assert "loading" not in shown(console).rpartition("writing")[2]


def test_a_step_that_fails_leaves_the_terminal_as_it_was(console: Console) -> None:
    bars = StepBars(console)
    with pytest.raises(ValueError, match="x"), bars.step("loading", 3):
        raise ValueError("x")
    assert "0/3" in shown(console)
    assert shown(console).rstrip().endswith("\x1b[?25h")
