"""A collector that looks more rarely."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from lowformer_edge.process.collection import RARELY, collect_rarely


@pytest.fixture(autouse=True)
def thresholds() -> Iterator[None]:
    """Puts back how often it looked before."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


@pytest.mark.parametrize("young", [700, 2 * RARELY])
def test_it_looks_more_rarely_and_never_more_often(young: int) -> None:
    gc.set_threshold(young, 20, 30)
    collect_rarely()
    assert gc.get_threshold() == (max(young, RARELY), 20, 30)


def test_one_that_is_turned_off_stays_so() -> None:
    gc.set_threshold(0)
    collect_rarely()
    assert gc.get_threshold()[0] == 0
