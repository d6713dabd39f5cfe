from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lowformer_edge.artifact.manifest import Parity
from lowformer_edge.errors import CheckError
from lowformer_edge.judging.links import edges
from lowformer_edge.judging.promise import FLOAT, LEAST_SQNR_DB, promise_of
from lowformer_edge.tasks.classification import CLASSIFICATION

LOGITS = np.eye(4, dtype=np.float32)
OUTPUTS = {"logits": LOGITS}


def compare(reference: NDArray[np.float32], other: NDArray[np.float32]) -> Parity:
    return CLASSIFICATION.compare({"logits": reference}, {"logits": other})


def test_every_pair_is_compared_once_in_order() -> None:
    found = edges(
        CLASSIFICATION,
        {"eager": OUTPUTS, "a": OUTPUTS, "b": {"logits": LOGITS[::-1]}},
        np.arange(4),
        "x",
    )
    assert [(edge.first, edge.second) for edge in found] == [
        ("eager", "a"),
        ("eager", "b"),
        ("a", "b"),
    ]
    assert found[0].parity.sqnr_db == "exact"
    assert found[1].parity.agreement is not None
    assert found[1].parity.agreement.value == 0
    assert found[2].parity.top1 is not None
    assert found[2].parity.top1.value == 0


def test_other_shapes_are_an_error() -> None:
    with pytest.raises(CheckError):
        edges(CLASSIFICATION, {"a": OUTPUTS, "b": {"logits": LOGITS[:, :3]}}, None, "x")


@pytest.mark.parametrize("precision", LEAST_SQNR_DB)
def test_files_that_are_too_far_are_told_so(precision: str) -> None:
    least = LEAST_SQNR_DB[precision]
    near, far = (
        compare(LOGITS, LOGITS * np.float32(1 - 10 ** (-(least + shift) / 20)))
        for shift in (0.5, -0.5)
    )
    assert promise_of(precision, trained=True).breach(near) is None
    assert f"below the {least:g} that {precision} keeps" in str(
        promise_of(precision, trained=True).breach(far)
    )
    assert promise_of(precision, trained=False).breach(far) is None
    farther = compare(LOGITS, LOGITS * np.float32(1 - 10 ** (-(least - 20.5) / 20)))
    random = promise_of(precision, trained=False).breach(farther)
    assert (random is None) == (precision not in FLOAT)
    assert promise_of(precision, trained=True).breach(compare(LOGITS, LOGITS)) is None


def test_a_place_that_rounds_to_half_lets_float32_do_so_too() -> None:
    assert promise_of("fp32", half=True, trained=True) == promise_of("fp16", trained=True)
    assert promise_of("int8", half=True, trained=True) == promise_of("int8", trained=True)
