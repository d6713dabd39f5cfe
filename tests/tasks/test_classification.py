from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from lowformer_edge.artifact.manifest import Parity
from lowformer_edge.artifact.placement import Placement
from lowformer_edge.errors import CheckError
from lowformer_edge.tasks.classification import CLASSIFICATION
from lowformer_edge.tasks.closeness import cosine, sqnr
from lowformer_edge.tasks.share import interval

LOGITS = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 9), st.integers(2, 6)),
    elements=st.floats(-100, 100, width=32),
)

WHOLE = Placement.whole(8, 8)


def compare(reference: np.ndarray, other: np.ndarray, labels: np.ndarray | None = None) -> Parity:
    return CLASSIFICATION.compare({"logits": reference}, {"logits": other}, labels)


def test_sqnr_of_known_noise() -> None:
    reference = np.ones((10, 10), np.float32)
    assert sqnr(reference, reference * np.float32(0.9)) == pytest.approx(20, abs=1e-5)
    assert sqnr(reference, reference) == math.inf
    assert sqnr(reference * 0, reference) == -math.inf


@given(LOGITS)
def test_equal_logits_agree_in_everything(logits: np.ndarray) -> None:
    if not logits.any():
        return
    result = compare(logits, logits.copy(), logits.argmax(1))
    assert result.sqnr_db == "exact"
    assert result.max_difference == 0
    assert result.agreement is not None
    assert result.agreement.value == 100
    assert result.top1 is not None
    assert result.top1.value == 100
    assert result.cosine == pytest.approx(1)


@given(LOGITS, st.floats(0.5, 2))
def test_scaling_keeps_agreement_and_cosine(logits: np.ndarray, factor: float) -> None:
    scaled = (logits * np.float32(factor)).astype(np.float32)
    if not scaled.any():
        assert cosine(logits, scaled) == 0
        return
    result = compare(logits, scaled)
    assert result.cosine == pytest.approx(1, abs=1e-4)
    assert result.top1 is None


def test_agreement_and_accuracy_count_images() -> None:
    reference = np.eye(4, dtype=np.float32)
    other = reference[[0, 1, 3, 2]]
    result = compare(reference, other, np.array([0, 0, 3, 3]))
    assert result.agreement is not None
    assert result.agreement.value == 50
    assert result.top1 is not None
    assert result.reference_top1 is not None
    assert (result.top1.value, result.reference_top1.value) == (50, 50)
    assert result.max_difference == 1


def test_wilson_interval_of_a_published_example() -> None:
    # Newcombe (1998), table I: 81 of 263, Wilson without continuity correction.
    found = interval(81 / 263, 263)
    assert found.low == pytest.approx(25.53, abs=0.01)
    assert found.high == pytest.approx(36.62, abs=0.01)


@given(st.integers(0, 300), st.integers(0, 300))
def test_intervals_hold_their_share(hits: int, misses: int) -> None:
    if not hits + misses:
        return
    found = interval(hits / (hits + misses), hits + misses)
    assert 0 <= found.low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.high <= 100


@pytest.mark.parametrize(
    ("reference", "other"),
    [
        (np.zeros((2, 3)), np.zeros((3, 3))),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        (np.zeros(3), np.zeros(3)),
        (np.zeros((1, 2)), np.full((1, 2), np.nan)),
        (np.full((1, 2), np.inf), np.zeros((1, 2))),
        (np.zeros((1, 2)), np.ones((1, 2))),
    ],
)
def test_what_cannot_be_compared(reference: np.ndarray, other: np.ndarray) -> None:
    with pytest.raises(CheckError, match=r"logits"):
        compare(reference.astype(np.float32), other.astype(np.float32))


def test_probabilities_are_held_to_the_softmax_of_logits() -> None:
    logits = np.array([[0, 1, 3], [2, 2, -5]], np.float32)
    reference = CLASSIFICATION.reference({"logits": logits}, ("probabilities",))
    expected = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(reference["probabilities"], expected, atol=1e-6)
    with pytest.raises(CheckError, match="'boxes' is none of a classifier"):
        CLASSIFICATION.reference({"logits": logits}, ("boxes",))


def test_outputs_of_other_names_are_not_compared() -> None:
    values = np.ones((1, 2), np.float32)
    with pytest.raises(CheckError, match="logits and probabilities cannot be compared"):
        CLASSIFICATION.compare({"logits": values}, {"probabilities": values})


@pytest.mark.parametrize("name", ["logits", "probabilities"])
def test_decoding_gives_the_most_probable_first(name: str) -> None:
    logits = {"logits": np.array([[0, 2, 1]], np.float32)}
    outputs = CLASSIFICATION.reference(logits, (name,))
    first, second = CLASSIFICATION.decode(outputs, WHOLE, ("a", "b", "c"), 2)
    assert (first.label, first.index, second.label) == ("b", 1, "c")
    assert first.probability == pytest.approx(0.6652, abs=1e-4)
    assert CLASSIFICATION.decode(outputs, WHOLE, None, 1)[0].label == "1"


def test_drawing_leaves_the_image_alone() -> None:
    image = Image.new("RGB", (120, 60), (9, 9, 9))
    results = CLASSIFICATION.decode({"logits": np.eye(1, 3, dtype=np.float32)}, WHOLE, None, 2)
    drawn = CLASSIFICATION.draw(image, results)
    assert (np.asarray(image) == 9).all()
    assert np.asarray(drawn).max() > 100
