"""Detection: objects in an image, from RetinaNet's maps."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

from PIL import Image

from ..artifact.annotations import ObjectAnnotations
from ..artifact.interface import BOXES_NAME, SCORES_NAME
from ..artifact.manifest import Interval, Measure
from ..artifact.outputs import Outputs, count_of
from ..artifact.placement import Placement
from ..artifact.truth import Truth, Truths
from ..errors import DataError
from .agreement import BoxAgreement, compare_boxes
from .average_precision import AveragePrecisionMeter
from .box_picture import LEAST_DRAWN, draw_boxes, label_of
from .decoded_boxes import classes_of, decoded_outputs, decoder_of, objects_of_boxes
from .dense import DenseTask, image_of
from .detections import Detections
from .drop import GROUPS, jackknifed_drop
from .names import DETECTION as NAME
from .share import interval


@dataclasses.dataclass(frozen=True)
class DetectedObject:
    """An object that a model sees in an image.

    Attributes:
        label: The class's name, or its number where nobody gave it one.
        index: The class's number.
        score: In [0, 1].
        box: Corners x1, y1, x2, y2 in pixels of the image.
    """

    label: str
    index: int
    score: float
    box: tuple[float, float, float, float]


@dataclasses.dataclass(frozen=True, eq=False)
class DetectedObjects(Sequence[DetectedObject]):
    """The objects that a model sees in an image, the best first.

    Attributes:
        detections: The same as arrays.
        labels: Names of the classes in order, if known.
    """

    detections: Detections
    labels: Sequence[str] | None = None

    def __len__(self) -> int:
        return len(self.detections)

    @overload
    def __getitem__(self, place: int) -> DetectedObject: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[DetectedObject]: ...

    def __getitem__(self, place: int | slice) -> DetectedObject | Sequence[DetectedObject]:
        if isinstance(place, slice):
            return list(self)[place]
        number = int(self.detections.classes[place])
        left, top, right, bottom = map(float, self.detections.boxes[place])
        return DetectedObject(
            label=label_of(number, self.labels),
            index=number,
            score=float(self.detections.scores[place]),
            box=(left, top, right, bottom),
        )

    def __iter__(self) -> Iterator[DetectedObject]:
        return (self[place] for place in range(len(self)))


class Detection(DenseTask):
    """Class logits [N, 9 K, H, W] and box deltas [N, 36, H, W] of each level of a pyramid.

    Files may decode them: boxes [N, A, 4] and scores [N, A, K], of every anchor and class.
    Two files agree on a box where both find one of its class there.
    """

    name = NAME
    measure = "AP"
    same = "boxes"
    agreement_is = "the share of boxes that both find, of one class and overlapping by half"

    def reference(self, outputs: Outputs, names: Sequence[str]) -> Outputs:
        """See :class:`Task`; boxes and scores are computed from the model's maps."""
        if set(names) == {BOXES_NAME, SCORES_NAME} and BOXES_NAME not in outputs:
            return decoded_outputs(outputs)
        return super().reference(outputs, names)

    def agreement(self, reference: Outputs, outputs: Outputs) -> Interval:
        """See :class:`Task`: of boxes."""
        return _share(_compare(_objects_of(reference), _objects_of(outputs)))

    def results(
        self, reference: Outputs, outputs: Outputs, truths: Truths | None
    ) -> Mapping[str, Any]:
        """See :class:`Task`; measures COCO's average precision."""
        placements = None if truths is None else [truth.placement for truth in truths]
        expected, found = (_objects_of(one, placements) for one in (reference, outputs))
        same = _compare(expected, found)
        results = {"agreement": _share(same), "boxes": same.record()}
        if truths is None:
            return results
        objects = [_annotated(truth) for truth in truths]
        ours, theirs = (
            _precision(one, objects, _num_classes(reference)) for one in (found, expected)
        )
        measures = {name: Measure(value=ours[name], reference=theirs[name]) for name in ours}
        return {**results, "measures": measures}

    def measured_drop(
        self, reference: Outputs, outputs: Outputs, truths: Truths
    ) -> Interval | None:
        """See :class:`Task`: of the AP."""
        if len(truths) < GROUPS:
            return None
        placements = [truth.placement for truth in truths]
        objects = [_annotated(truth) for truth in truths]
        left_out = [range(group, len(truths), GROUPS) for group in range(GROUPS)]
        theirs, ours = (
            _meter(_objects_of(one, placements), objects, _num_classes(reference)).aps_without(
                [(), *left_out]
            )
            for one in (reference, outputs)
        )
        drops = [(before or 0) - (after or 0) for before, after in zip(theirs, ours, strict=True)]
        return jackknifed_drop(lambda group: drops[0 if group is None else group + 1])

    def decode(
        self, outputs: Outputs, placement: Placement, labels: Sequence[str] | None, top: int | None
    ) -> DetectedObjects:
        """See :class:`Task`: the objects whose score is above mmdet's threshold."""
        (found,) = _objects_of(outputs, [placement])
        return DetectedObjects(found if top is None else found.best(top), labels)

    def tell(self, results: DetectedObjects) -> str:
        """See :class:`Task`: names and scores."""
        shown = [f"{one.label} {one.score:.2f}" for one in results if one.score >= LEAST_DRAWN]
        return ", ".join(shown) or "nothing"

    def draw(self, image: Image.Image, results: DetectedObjects) -> Image.Image:
        """See :class:`Task`: boxes of scores from 0.3 on, each with its name and score."""
        return draw_boxes(image, results.detections, results.labels)


DETECTION = Detection()


def _objects_of(
    outputs: Outputs, placements: Sequence[Placement] | None = None
) -> list[Detections]:
    """What is found in each image, in its own pixels or those of the input."""
    places = [None] * count_of(outputs) if placements is None else placements
    images = [image_of(outputs, number) for number in range(len(places))]
    if BOXES_NAME in outputs:
        return [objects_of_boxes(image, place) for image, place in zip(images, places, strict=True)]
    decoder = decoder_of(outputs)
    return [decoder.decode(image, place) for image, place in zip(images, places, strict=True)]


def _annotated(truth: Truth) -> ObjectAnnotations:
    """The objects that annotators saw.

    Raises:
        DataError: They saw something else.
    """
    if not isinstance(truth.annotation, ObjectAnnotations):
        raise DataError("label maps are no boxes; give boxes to measure a detector by")
    return truth.annotation


def _num_classes(outputs: Outputs) -> int:
    return outputs[SCORES_NAME].shape[-1] if SCORES_NAME in outputs else classes_of(outputs)


def _compare(reference: Sequence[Detections], others: Sequence[Detections]) -> BoxAgreement:
    return compare_boxes(zip(reference, others, strict=True))


def _share(same: BoxAgreement) -> Interval:
    """The share of boxes that both find; all, of none, of which nothing is known for sure."""
    count = same.matched + same.missed + same.added
    if not count:
        return Interval(value=100, low=0, high=100)
    return interval(same.matched / count, count)


def _precision(
    found: Sequence[Detections], objects: Sequence[ObjectAnnotations], num_classes: int
) -> dict[str, float]:
    """COCO's figures in points, but for those of sizes that no object has."""
    result = _meter(found, objects, num_classes).result()
    named = {"AP": result.ap, "AP50": result.ap50, "AP75": result.ap75}
    return {name: value for name, value in named.items() if value is not None}


def _meter(
    found: Sequence[Detections], objects: Sequence[ObjectAnnotations], num_classes: int
) -> AveragePrecisionMeter:
    """Of what is found in each image, and what is there."""
    meter = AveragePrecisionMeter(num_classes)
    for detections, truth in zip(found, objects, strict=True):
        meter.add(detections, truth)
    return meter
