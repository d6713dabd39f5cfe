from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lowformer_edge.calibration.histogram import Histogram

BATCHES = st.lists(
    hnp.arrays(np.float32, st.integers(1, 50), elements=st.floats(-1e6, 1e6, width=32)),
    min_size=1,
    max_size=6,
)


@given(BATCHES)
@settings(deadline=None)
def test_every_value_is_counted_in_a_bin_that_holds_it(batches: list[np.ndarray]) -> None:
    histogram = Histogram()
    for batch in batches:
        histogram.add(torch.from_numpy(batch))
    values = np.concatenate(batches).astype(np.float64)
    assert histogram.counts.sum().item() == len(values)
    assert (histogram.low, histogram.high) == (values.min(), values.max())
    # Below each bin edge lie as many values as were counted, but for those within rounding of it.
    edges = histogram.start + histogram.width * np.arange(1, histogram.BINS + 1)
    slack = 1e-6 * histogram.width + 1e-9 * np.abs(edges)
    counted = histogram.counts.cumsum(0).numpy()
    ordered = np.sort(values)
    assert (counted >= np.searchsorted(ordered, edges - slack) - 0).all()
    assert (counted <= np.searchsorted(ordered, edges + slack, side="right")).all()


def test_batches_and_their_order_do_not_matter_within_the_first_range() -> None:
    values = torch.linspace(-3, 5, 10_000)
    whole, parts = Histogram(), Histogram()
    whole.add(values)
    parts.add(values[[0, -1]])
    for part in torch.split(values[1:-1][torch.randperm(9998)], 77):
        parts.add(part)
    assert torch.equal(whole.counts, parts.counts)


def test_centres_lie_in_the_middle() -> None:
    histogram = Histogram()
    histogram.add(torch.tensor([0.0, 1.0]))
    centres = histogram.centres()
    assert len(centres) == histogram.BINS
    assert centres[0] == histogram.start + histogram.width / 2
    assert torch.allclose(centres.diff(), torch.tensor(histogram.width, dtype=torch.float64))
