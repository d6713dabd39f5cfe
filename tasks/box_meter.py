"""How a detector's boxes compare with a reference's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..artifact.annotations import ObjectAnnotations
from ..artifact.interface import BOXES_NAME, SCORES_NAME
from ..artifact.manifest import Interval, Measure
from ..artifact.outputs import Outputs, count_of
from ..artifact.placement import Placement
from ..artifact.truth import Truth, Truths
from ..errors import DataError
from .agreement import BoxAgreement, compare_boxes
from .average_precision import AveragePrecisionMeter
from .decoded_boxes import classes_of, decoder_of, objects_of_boxes
from .dense import image_of
from .detections import Detections
from .drop import GROUPS, jackknifed_drop
from .parity_meter import ParityMeter
from .share import interval

_DETECTED = ("boxes", "scores", "classes")
_ANNOTATED = ("boxes", "classes", "crowd", "areas")
"""Arrays of what is found in an image, and of what is there."""


class BoxMeter(ParityMeter):
    """Keeps what a file and its reference find in each image; their maps are not kept."""

    def __init__(self, data: str = "images") -> None:
        super().__init__(data)
        self._num_classes = 0
        self._theirs: list[Detections] = []
        self._ours: list[Detections] = []
        self._objects: list[ObjectAnnotations] = []

    def agreement(self) -> Interval:
        """See :class:`ParityMeter`: of boxes."""
        return _share(self._same())

    def _count(self, reference: Outputs, outputs: Outputs, truths: Truths | None) -> None:
        placements = None if truths is None else [truth.placement for truth in truths]
        self._theirs += detections_of(reference, placements)
        self._ours += detections_of(outputs, placements)
        self._num_classes = _num_classes(reference)
        if truths is not None:
            self._objects += map(_annotated, truths)

    def _arrays(self) -> dict[str, NDArray[Any]]:
        return {
            "num_classes": np.array(self._num_classes),
            **_flat("theirs", self._theirs, _DETECTED),
            **_flat("ours", self._ours, _DETECTED),
            **_flat("objects", self._objects, _ANNOTATED),
        }

    def _merge(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._num_classes = int(arrays["num_classes"])
        self._theirs += [Detections(*one) for one in _parted("theirs", arrays, _DETECTED)]
        self._ours += [Detections(*one) for one in _parted("ours", arrays, _DETECTED)]
        self._objects += [ObjectAnnotations(*one) for one in _parted("objects", arrays, _ANNOTATED)]

    def _results(self, *, annotated: bool) -> Mapping[str, Any]:
        """What both find, and on annotated images COCO's average precision."""
        boxes = {"boxes": self._same().record()}
        if not annotated:
            return boxes
        ours, theirs = (_figures(self._meter(found)) for found in (self._ours, self._theirs))
        measures = {name: Measure(value=ours[name], reference=theirs[name]) for name in ours}
        return {**boxes, "measures": measures}

    def _measured_drop(self) -> Interval | None:
        """Of the AP."""
        if self.images < GROUPS:
            return None
        left_out = [range(group, self.images, GROUPS) for group in range(GROUPS)]
        theirs, ours = (
            self._meter(found).aps_without([(), *left_out]) for found in (self._theirs, self._ours)
        )
        drops = [(before or 0) - (after or 0) for before, after in zip(theirs, ours, strict=True)]
        return jackknifed_drop(lambda group: drops[0 if group is None else group + 1])

    def _same(self) -> BoxAgreement:
        return compare_boxes(zip(self._theirs, self._ours, strict=True))

    def _meter(self, found: Sequence[Detections]) -> AveragePrecisionMeter:
        """Of what is found in each image, and what is there."""
        meter = AveragePrecisionMeter(self._num_classes)
        for detections, objects in zip(found, self._objects, strict=True):
            meter.add(detections, objects)
        return meter


def detections_of(
    outputs: Outputs, placements: Sequence[Placement] | None = None
) -> list[Detections]:
    """What is found in each image, in its own pixels or those of the input.

    Raises:
        CheckError: The outputs are none of a detector.
    """
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


def _share(same: BoxAgreement) -> Interval:
    """The share of boxes that both find; all, of none, of which nothing is known for sure."""
    count = same.matched + same.missed + same.added
    if not count:
        return Interval(value=100, low=0, high=100)
    return interval(same.matched / count, count)


def _figures(meter: AveragePrecisionMeter) -> dict[str, float]:
    """COCO's figures in points, but for those of sizes that no object has."""
    result = meter.result()
    named = {"AP": result.ap, "AP50": result.ap50, "AP75": result.ap75}
    return {name: value for name, value in named.items() if value is not None}


def _flat(
    name: str, images: Sequence[Detections | ObjectAnnotations], fields: Sequence[str]
) -> dict[str, NDArray[Any]]:
    """Arrays of images one behind the other, and where each image's end; nothing of no image."""
    if not images:
        return {}
    ends = np.cumsum([len(image) for image in images])
    return {f"{name} ends": ends} | {
        f"{name} {field}": np.concatenate([getattr(image, field) for image in images])
        for field in fields
    }


def _parted(
    name: str, arrays: Mapping[str, NDArray[Any]], fields: Sequence[str]
) -> Iterator[list[NDArray[Any]]]:
    """The arrays of each image, as :func:`_flat` took them."""
    start = 0
    for end in arrays.get(f"{name} ends", np.arange(0)).tolist():
        yield [arrays[f"{name} {field}"][start:end] for field in fields]
        start = end
