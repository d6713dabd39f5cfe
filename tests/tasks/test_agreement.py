"""Agreement of what two detectors or segmenters give."""

from __future__ import annotations

import numpy as np
import pytest

from lowformer_edge.errors import CheckError
from lowformer_edge.tasks.agreement import compare_boxes, match
from lowformer_edge.tasks.detections import Detections


def found(*rows: tuple[float, float, float, float, float, int]) -> Detections:
    values = np.array(rows, np.float32).reshape(-1, 6)
    return Detections(values[:, :4], values[:, 4], values[:, 5].astype(np.int64))


SOME = found((0, 0, 10, 10, 0.9, 1), (50, 50, 70, 70, 0.6, 1), (0, 0, 10, 10, 0.4, 2))


def test_the_same_boxes_agree() -> None:
    result = compare_boxes([(SOME, SOME), (SOME, SOME)])
    assert (result.images, result.matched, result.matched_share) == (2, 6, 100)
    assert (result.mean_iou, result.worst_iou, result.score_difference) == (1, 1, 0)
    assert (result.missed, result.added) == (0, 0)


def test_what_differs_is_counted() -> None:
    other = found((0, 0, 10, 8, 0.95, 1), (50, 50, 70, 70, 0.5, 3), (90, 0, 99, 9, 0.2, 1))
    result = compare_boxes([(SOME, other)])
    assert result.matched == 1
    assert result.matched_share == pytest.approx(100 / 3)
    assert result.worst_iou == pytest.approx(0.8)
    assert result.score_difference == pytest.approx(0.05, abs=1e-6)
    assert result.missed == 2
    assert result.added == 1  # the one of 0.2 does not count


def test_the_best_score_chooses_first() -> None:
    reference = found((0, 0, 10, 10, 0.5, 0), (0, 0, 10, 9, 0.9, 0))
    other = found((0, 0, 10, 9.5, 0.9, 0), (0, 0, 10, 6, 0.8, 0))
    assert match(reference, other).tolist() == [[0, 1], [1, 0]]


def test_a_box_is_matched_once() -> None:
    twice = found((0, 0, 10, 10, 0.5, 0), (0, 0, 10, 10, 0.4, 0))
    once = found((0, 0, 10, 10, 0.5, 0))
    assert match(twice, once).tolist() == [[0, 0]]
    assert match(once, twice).tolist() == [[0, 0]]


@pytest.mark.parametrize(
    ("pair", "missed", "added"),
    [
        ((SOME, Detections.none()), 3, 0),
        ((Detections.none(), SOME), 0, 3),
        ((Detections.none(), Detections.none()), 0, 0),
    ],
)
def test_images_without_boxes(pair: tuple[Detections, Detections], missed: int, added: int) -> None:
    result = compare_boxes([pair])
    assert (result.missed, result.added) == (missed, added)
    assert result.mean_iou is result.worst_iou is None
    assert result.matched_share == (0 if missed else None)


def test_no_image_is_refused() -> None:
    with pytest.raises(CheckError, match="at least one image"):
        compare_boxes([])
