"""Mean IoU over shards of a data set."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowformer_edge.errors import CheckError, DataError
from lowformer_edge.tasks.mean_iou import MeanIoUMeter


def images(seed: int, count: int, classes: int) -> list[tuple[np.ndarray, np.ndarray]]:
    generator = np.random.default_rng(seed)
    maps = generator.integers(0, classes, (count, 2, 4, 5)).astype(np.uint8)
    maps[:, 1][generator.random((count, 4, 5)) < 0.3] = 255
    return [(predicted, labels) for predicted, labels in maps]


def measured(pairs: list[tuple[np.ndarray, np.ndarray]], classes: int) -> MeanIoUMeter:
    meter = MeanIoUMeter(classes)
    for predicted, labels in pairs:
        meter.add(predicted, labels)
    return meter


@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 5), st.integers(0, 3))
def test_figures_of_all_pixels_together(seed: int, count: int, used: int, unused: int) -> None:
    pairs = images(seed, count, used)
    result = measured(pairs, used + unused).result()
    predicted = np.concatenate([one[0].ravel() for one in pairs])
    labels = np.concatenate([one[1].ravel() for one in pairs])
    predicted, labels = predicted[labels != 255], labels[labels != 255]
    shares: list[float | None] = []
    for number in range(used + unused):
        union = ((predicted == number) | (labels == number)).sum()
        shared = ((predicted == number) & (labels == number)).sum()
        shares.append(100 * shared / union if union else None)
    assert result.classes == pytest.approx(shares)
    assert result.miou == pytest.approx(np.mean([share for share in shares if share is not None]))
    assert result.pixel_accuracy == pytest.approx(100 * (predicted == labels).mean())
    assert (result.images, result.pixels) == (count, len(labels))


def test_shards_are_merged() -> None:
    pairs = images(0, 7, 4)
    merged = measured(pairs[:3], 4)
    merged.merge(measured(pairs[3:], 4))
    assert merged.result() == measured(pairs, 4).result()


def test_pixels_that_the_network_did_not_see_are_misses() -> None:
    meter = MeanIoUMeter(2)
    meter.add(np.array([[0, 255]], np.uint8), np.array([[0, 0]], np.uint8))
    result = meter.result()
    assert [result.miou, result.pixel_accuracy] == [50, 50]
    assert list(result.classes) == [50, None]
    assert meter.counts.tolist() == [[1, 0, 1], [0, 0, 0]]


@pytest.mark.parametrize(
    ("predicted", "labels", "error", "said"),
    [
        ([[2]], [[0]], CheckError, "label 2 predicted is none of 2 classes"),
        ([[0]], [[2]], DataError, "label 2 of the data set is none of 2 classes"),
        ([[0]], [[-1]], DataError, "label -1 of the data set"),
        ([[0, 1]], [[0]], CheckError, r"labels \[1, 2\] cannot be compared with \[1, 1\]"),
    ],
)
def test_labels_that_are_none_are_refused(
    predicted: list[list[int]], labels: list[list[int]], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        MeanIoUMeter(2).add(np.array(predicted), np.array(labels))


def test_what_cannot_be_measured_is_refused() -> None:
    meter = measured([(np.zeros((2, 2), np.uint8), np.full((2, 2), 255, np.uint8))], 2)
    with pytest.raises(CheckError, match="at least one pixel with a label"):
        meter.result()
    with pytest.raises(CheckError, match="2 and 3 classes cannot"):
        meter.merge(MeanIoUMeter(3))
    with pytest.raises(CheckError, match="1 to 255 classes, not 256"):
        MeanIoUMeter(256)
