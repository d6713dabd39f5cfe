"""Ending what makes no progress."""

from __future__ import annotations

import threading
import time

from lowformer_edge.process.watch import Watch


def test_silence_is_ended_once() -> None:
    ended = threading.Event()
    calls: list[None] = []

    def end() -> None:
        calls.append(None)
        ended.set()

    with Watch(0.3, end) as watch:
        assert ended.wait(10)
        time.sleep(0.5)
    assert len(calls) == 1
    assert watch.is_over
    assert watch.how() == "made no progress for 0.3 s and was ended"


def test_what_moves_or_was_left_is_not_ended() -> None:
    calls: list[None] = []
    with Watch(1.0, lambda: calls.append(None)) as watch:
        for _ in range(8):
            time.sleep(0.2)
            watch.note()
    time.sleep(1.2)
    assert not calls
    assert not watch.is_over


def test_one_that_waits_longer_than_threads_can_is_left_at_once() -> None:
    begun = time.monotonic()
    with Watch(1e30, lambda: None) as watch:
        pass
    assert time.monotonic() - begun < 5
    assert not watch.is_over
