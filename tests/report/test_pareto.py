"""The plot of a search's front shows every mix within its frame."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lowformer_edge.artifact.results.export import FrontResult, MixResult, ProofResult
from lowformer_edge.report.pareto import FRAME, pareto_plot

MIXES = st.builds(
    MixResult,
    predicted_noise=st.floats(0, 1e6),
    predicted_cost_over_fastest=st.floats(0, 1e6),
    float_ops=st.integers(0, 99),
    measured_drop_points=st.none(),
    measured_sqnr_db=st.none() | st.floats(-100, 200) | st.just(math.inf),
)


@given(st.lists(MIXES, min_size=1, max_size=20), st.data())
def test_every_mix_is_within_the_frame(mixes: list[MixResult], data: st.DataObject) -> None:
    chosen = data.draw(st.integers(0, len(mixes) - 1))
    proof = ProofResult(drop_points=0, sqnr_db=None, images=1)
    plot = pareto_plot(FrontResult(chosen=chosen, unit="ms", proof=proof, front=tuple(mixes)))
    left, top, right, bottom = FRAME
    assert all(left <= dot.x <= right and top <= dot.y <= bottom for dot in plot.dots)
    counts = [[dot.series for dot in plot.dots].count(name) for name in ("predicted", "chosen")]
    assert counts == [len(mixes), 1]
    assert len(plot.line) == len(mixes)
    for ticks, start, end in ((plot.x_ticks, left, right), (plot.y_ticks, bottom, top)):
        assert 2 <= len(ticks) <= 12
        assert (ticks[0].at, ticks[-1].at) == (start, end)
        assert len({tick.text for tick in ticks}) == len(ticks)


def test_more_noise_lies_lower() -> None:
    mixes = tuple(
        MixResult(
            predicted_noise=noise,
            predicted_cost_over_fastest=cost,
            float_ops=0,
            measured_drop_points=None,
            measured_sqnr_db=None,
        )
        for noise, cost in ((1e-2, 0.0), (1e-4, 0.5))
    )
    proof = ProofResult(drop_points=0, sqnr_db=None, images=1)
    plot = pareto_plot(FrontResult(chosen=0, unit="ms", proof=proof, front=mixes))
    first, second = plot.dots[:2]
    assert first.x < second.x
    assert first.y > second.y
    assert [tick.text for tick in plot.y_ticks] == ["20", "25", "30", "35", "40"]
    assert "2 mixes, from 20.0 dB at the fastest to 40.0 dB at 0.500 ms more" in plot.description


@pytest.mark.parametrize("value", [math.nan, -math.inf])
def test_what_is_no_ratio_is_refused(value: float) -> None:
    fields = {"predicted_noise": 0, "predicted_cost_over_fastest": 0, "float_ops": 0}
    with pytest.raises(ValidationError):
        MixResult(**fields, measured_drop_points=None, measured_sqnr_db=value)
