from __future__ import annotations

import numpy as np
import pytest

from lowformer_edge.errors import CheckError
from lowformer_edge.judging.links import edges
from lowformer_edge.judging.parity import compare
from lowformer_edge.judging.promise import FLOAT, LEAST_SQNR_DB, too_far

LOGITS = np.eye(4, dtype=np.float32)


def test_every_pair_is_compared_once_in_order() -> None:
    found = edges({"eager": LOGITS, "a": LOGITS, "b": LOGITS[::-1]}, np.arange(4), "x")
    assert [(edge.first, edge.second) for edge in found] == [
        ("eager", "a"),
        ("eager", "b"),
        ("a", "b"),
    ]
    assert found[0].parity.sqnr_db == "exact"
    assert found[1].parity.agreement.value == 0
    assert found[2].parity.top1 is not None
    assert found[2].parity.top1.value == 0


def test_other_shapes_are_an_error() -> None:
    with pytest.raises(CheckError):
        edges({"a": LOGITS, "b": LOGITS[:, :3]}, None, "x")


@pytest.mark.parametrize("precision", LEAST_SQNR_DB)
def test_files_that_are_too_far_are_told_so(precision: str) -> None:
    least = LEAST_SQNR_DB[precision]
    near, far = (
        compare(LOGITS, LOGITS * np.float32(1 - 10 ** (-(least + shift) / 20)))
        for shift in (0.5, -0.5)
    )
    assert too_far(precision, near, fit_for_accuracy=True) is None
    assert f"below the {least:g} that {precision} keeps" in str(
        too_far(precision, far, fit_for_accuracy=True)
    )
    assert too_far(precision, far, fit_for_accuracy=False) is None
    farther = compare(LOGITS, LOGITS * np.float32(1 - 10 ** (-(least - 20.5) / 20)))
    random = too_far(precision, farther, fit_for_accuracy=False)
    assert (random is None) == (precision not in FLOAT)
    assert too_far(precision, compare(LOGITS, LOGITS), fit_for_accuracy=True) is None
