from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowformer_edge.tasks.drop import GROUPS, jackknifed_drop, paired_drop


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 400), st.integers(1, 400))
def test_the_drop_of_shares_lies_in_its_interval(
    lost: int, gained: int, wrong: int, right: int
) -> None:
    reference = np.array([True] * lost + [False] * (gained + wrong) + [True] * right)
    hits = np.array([False] * lost + [True] * gained + [False] * wrong + [True] * right)
    drop = paired_drop(reference, hits)
    assert drop.value == pytest.approx(100 * (reference.mean() - hits.mean()))
    assert drop.low < 100 * (lost - gained + 0.001) / (len(hits) + 2)
    assert drop.high > 100 * (lost - gained - 0.001) / (len(hits) + 2)
    other = paired_drop(hits, reference)
    assert (other.low, other.high) == pytest.approx((-drop.high, -drop.low))


def test_an_interval_covers_what_it_says() -> None:
    """Of 2,000 draws of 1,000 images on which 2 % are lost and 1 % gained."""
    rng = np.random.default_rng(0)
    draws = rng.choice(3, (2000, 1000), p=[0.02, 0.01, 0.97])
    covered = 0
    for draw in draws:
        drop = paired_drop(draw != 1, draw != 0)
        covered += drop.low <= 1.0 <= drop.high
    assert 0.935 < covered / len(draws) < 0.97


def test_figures_of_all_images_have_an_interval_too() -> None:
    """Of a mean the jackknife's is the usual one."""
    values = np.random.default_rng(1).normal(5, 2, 2000)

    def drop_without(group: int | None) -> float:
        places = np.arange(len(values))
        return float(values[places % GROUPS != group].mean())

    drop = jackknifed_drop(drop_without)
    assert drop.value == pytest.approx(values.mean())
    usual = 2.093 * values.std() / len(values) ** 0.5
    assert (drop.high - drop.low) / 2 == pytest.approx(usual, rel=0.4)
