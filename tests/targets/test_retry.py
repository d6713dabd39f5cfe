from __future__ import annotations

import time

import pytest

from lowformer_edge.errors import TargetError
from lowformer_edge.targets.retry import LostError, insist


class Flaky:
    """Fails as it is told to, and then gives how often it was asked."""

    def __init__(self, *failures: Exception) -> None:
        self._failures = list(failures)
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        if self._failures:
            raise self._failures.pop(0)
        return self.calls


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr(time, "sleep", taken.append)
    return taken


def lost(*, reached: bool = True) -> LostError:
    return LostError("lost", reached=reached)


def test_what_was_lost_is_done_again_after_a_pause(pauses: list[float]) -> None:
    assert insist(Flaky()) == 1
    assert pauses == []
    assert insist(Flaky(lost(), lost(reached=False))) == 3
    assert pauses == [1.0, 4.0]


def test_the_last_loss_is_told(pauses: list[float]) -> None:
    action = Flaky(*(lost() for _ in range(9)))
    with pytest.raises(LostError):
        insist(action)
    assert action.calls == len(pauses) + 1 == 3


@pytest.mark.parametrize("error", [lost(reached=False), TargetError("full")])
def test_what_was_never_there_and_other_failures_are_told_at_once(
    error: TargetError, pauses: list[float]
) -> None:
    action = Flaky(error)
    with pytest.raises(TargetError):
        insist(action)
    assert (action.calls, pauses) == (1, [])
