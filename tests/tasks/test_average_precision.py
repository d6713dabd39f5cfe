"""COCO's average precision."""

from __future__ import annotations

import dataclasses
import sys

import numpy as np
import pytest

from lowformer_edge.artifact.annotations import ObjectAnnotations
from lowformer_edge.errors import CheckError, DataError, MissingDependencyError
from lowformer_edge.tasks.average_precision import AveragePrecision, AveragePrecisionMeter
from lowformer_edge.tasks.detections import Detections

SIDES = (20, 60, 200)
"""Of a small, a medium and a large object."""


@pytest.fixture(autouse=True)
def _needs_pycocotools(request: pytest.FixtureRequest) -> None:
    if "without_package" not in request.node.name:
        pytest.importorskip("pycocotools", reason="pycocotools is not installed")


def objects(*rows: tuple[float, float, float, float, int]) -> ObjectAnnotations:
    values = np.array(rows, np.float32).reshape(-1, 5)
    return ObjectAnnotations.of(values[:, :4], values[:, 4].astype(np.int64))


def found(truth: ObjectAnnotations, shift: float = 0, score: float = 0.9) -> Detections:
    boxes = np.asarray(truth.boxes + np.float32(shift), np.float32)
    scores = np.full(len(boxes), score, np.float32)
    return Detections(boxes, scores, np.asarray(truth.classes, np.int64))


THREE = objects(*((10, 10, 10 + side, 10 + side, number) for number, side in enumerate(SIDES)))


def measured(
    pairs: list[tuple[Detections, ObjectAnnotations]], classes: int = 3
) -> AveragePrecision:
    meter = AveragePrecisionMeter(classes)
    for detections, truth in pairs:
        meter.add(detections, truth)
    return meter.result()


def test_everything_is_found() -> None:
    result = measured([(found(THREE), THREE)])
    figures = (result.ap, result.ap50, result.ap75, result.small, result.medium, result.large)
    assert figures == pytest.approx((100,) * 6)
    assert (result.images, result.objects) == (1, 3)


def test_half_of_the_objects_are_found() -> None:
    """COCO takes precision at 101 recalls, of which 51 are up to one half."""
    result = measured([(found(THREE), THREE), (Detections.none(), THREE)])
    assert result.ap50 == result.ap75 == result.ap == pytest.approx(100 * 51 / 101)


def test_boxes_that_are_a_little_off() -> None:
    """A large box that is moved by a twentieth has an IoU of 0.82, so 7 bounds of 10 are met."""
    truth = objects((0, 0, 200, 200, 0))
    detections = Detections(
        np.array([[10, 10, 210, 210]], "f4"), np.ones(1, "f4"), np.zeros(1, int)
    )
    result = measured([(detections, truth)])
    assert result.ap == pytest.approx(70)
    assert result.large == pytest.approx(70)
    assert (result.small, result.medium) == (None, None)
    assert result.ap50 == result.ap75 == pytest.approx(100)


def test_a_wrong_class_finds_nothing() -> None:
    boxes = found(THREE)
    result = measured([(Detections(boxes.boxes, boxes.scores, boxes.classes[::-1]), THREE)])
    assert result.ap50 == pytest.approx(100 / 3)


def test_finds_that_are_none_cost_precision() -> None:
    nothing = ObjectAnnotations.of(np.zeros((0, 4)), np.zeros(0, int))
    result = measured([(found(THREE, score=0.5), THREE), (found(THREE, score=0.9), nothing)])
    assert result.ap == pytest.approx(50)
    assert result.images == 2


def test_what_is_found_in_crowds_is_not_wrong() -> None:
    truth = objects((0, 0, 300, 300, 0), (400, 400, 440, 440, 0))
    crowd = dataclasses.replace(truth, crowd=np.array([True, False]))
    boxes = np.array([[20, 20, 60, 60], [400, 400, 440, 440]], "f4")
    detections = Detections(boxes, np.array([0.9, 0.8], "f4"), np.zeros(2, int))
    assert measured([(detections, crowd)]).ap == pytest.approx(100)
    assert measured([(detections, crowd)]).objects == 1
    assert (measured([(detections, truth)]).ap or 0) < 50


def test_areas_say_which_objects_are_small() -> None:
    truth = objects((0, 0, 40, 40, 0))
    small = dataclasses.replace(truth, areas=np.array([500.0]))
    assert measured([(found(truth), truth)]).small is None
    assert measured([(found(truth), small)]).small == pytest.approx(100)


def test_nothing_to_be_found_has_no_figure() -> None:
    nothing = ObjectAnnotations.of(np.zeros((0, 4)), np.zeros(0, int))
    result = measured([(Detections.none(), nothing)])
    assert result.ap is result.ap50 is result.small is None
    assert result.objects == 0


def test_shards_are_merged() -> None:
    pairs = [(found(THREE, shift, 0.9 - shift / 30), THREE) for shift in range(6)]
    merged, rest = AveragePrecisionMeter(3), AveragePrecisionMeter(3)
    for number, pair in enumerate(pairs):
        (merged if number < 2 else rest).add(*pair)
    merged.merge(rest)
    assert merged.result() == measured(pairs)


def test_images_that_are_left_out_are_as_if_they_had_not_been() -> None:
    pairs = [(found(THREE, 4 * shift, 0.9 - shift / 30), THREE) for shift in range(6)]
    pairs.append((Detections.none(), objects((0, 0, 9, 9, 2))))
    meter = AveragePrecisionMeter(3)
    for pair in pairs:
        meter.add(*pair)
    groups: list[list[int]] = [[], [0], [1, 6], [5, 6], [0, 1, 2, 3, 4]]
    expected = [
        measured([pair for number, pair in enumerate(pairs) if number not in group]).ap
        for group in groups
    ]
    assert len(set(expected)) == len(groups)
    assert meter.aps_without(groups) == expected
    assert meter.aps_without([range(7)]) == [None]


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    measured([(found(THREE), THREE)])
    assert capfd.readouterr() == ("", "")


def test_without_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pycocotools", None)
    monkeypatch.setitem(sys.modules, "pycocotools.coco", None)
    with pytest.raises(MissingDependencyError, match="install the extra detection") as raised:
        measured([(found(THREE), THREE)])
    assert "\n" not in str(raised.value)


def test_without_package_what_is_wrong_is_refused() -> None:
    meter = AveragePrecisionMeter(2)
    with pytest.raises(CheckError, match="classes 0 to 2 are not within 0 to 1"):
        meter.add(found(THREE), objects())
    with pytest.raises(DataError, match="classes 0 to 2 are not within 0 to 1"):
        meter.add(Detections.none(), THREE)
    with pytest.raises(CheckError, match="NaN or infinite"):
        meter.add(found(objects((0, 0, 1, 1, 0)), np.nan), objects())
    with pytest.raises(CheckError, match="2 and 3 classes"):
        meter.merge(AveragePrecisionMeter(3))
    with pytest.raises(CheckError, match="at least one image"):
        meter.result()
    with pytest.raises(CheckError, match="at least one class"):
        AveragePrecisionMeter(0)
    with pytest.raises(DataError, match="finite corners"):
        objects((5, 5, 4, 9, 0))
