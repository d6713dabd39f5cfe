from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowformer_edge.tasks.drop import GROUPS, jackknifed_drop, paired_drop


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 800))
def test_the_drop_of_shares_lies_in_its_interval(lost: int, gained: int, others: int) -> None:
    images = lost + gained + others
    drop = paired_drop(images, lost, gained)
    assert drop.value == pytest.approx(100 * (lost - gained) / images)
    assert drop.low < 100 * (lost - gained + 0.001) / (images + 2)
    assert drop.high > 100 * (lost - gained - 0.001) / (images + 2)
    other = paired_drop(images, gained, lost)
    assert (other.low, other.high) == pytest.approx((-drop.high, -drop.low))


def test_an_interval_covers_what_it_says() -> None:
    """Of 2,000 draws of 1,000 images on which 2 % are lost and 1 % gained."""
    rng = np.random.default_rng(0)
    draws = rng.multinomial(1000, [0.02, 0.01, 0.97], 2000)
    covered = 0
    for lost, gained, _ in draws.tolist():
        drop = paired_drop(1000, lost, gained)
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
