from __future__ import annotations

import pytest

from lowformer_edge.judging.ratio import quantile_995


def test_the_table_is_scipys() -> None:
    stats = pytest.importorskip("scipy.stats")
    for degrees in range(1, 31):
        assert quantile_995(degrees) == pytest.approx(stats.t.ppf(0.995, degrees), abs=6e-4)


def test_beyond_the_table_it_errs_to_the_safe_side() -> None:
    assert 1 < quantile_995(1000) / 2.576 < 1.07


def test_one_figure_has_no_interval() -> None:
    with pytest.raises(ValueError, match="at least two"):
        quantile_995(0)
