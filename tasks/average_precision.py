"""How well objects are found, by COCO's rules and with COCO's own code.

Nothing else knows pycocotools, its records or its numbers.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import importlib.util
import io
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np

from ..artifact.annotations import ObjectAnnotations
from ..errors import CheckError, DataError, MissingDependencyError
from .detections import Detections

_STATISTICS = {"ap": 0, "ap50": 1, "ap75": 2, "small": 3, "medium": 4, "large": 5}
"""Places in what pycocotools counts up."""

_UNDEFINED = -1
"""What it gives where there is no object to be found."""

_MOST_BOXES = 100
"""Of an image, that count."""


@dataclasses.dataclass(frozen=True)
class AveragePrecision:
    """COCO's figures for boxes in percent; None where no object is of that size.

    Attributes:
        ap: Mean over IoU from 0.5 to 0.95, over the classes that occur.
        ap50: At an IoU of 0.5.
        ap75: At an IoU of 0.75.
        small: For objects below 32 x 32 pixels.
        medium: For those up to 96 x 96.
        large: For larger ones.
        images: How many there were.
        objects: To be found in them, without crowds.
    """

    ap: float | None
    ap50: float | None
    ap75: float | None
    small: float | None
    medium: float | None
    large: float | None
    images: int
    objects: int


def check_average_precision() -> None:
    """Refuses what is to be measured by COCO's code where that is not there.

    Raises:
        MissingDependencyError: pycocotools is not installed.
    """
    if not importlib.util.find_spec("pycocotools"):
        raise MissingDependencyError(
            "average precision needs pycocotools, which is not installed; install the extra"
            " detection"
        )


class AveragePrecisionMeter:
    """Gathers images, and measures COCO's average precision over all of them.

    At most 100 boxes of an image count, the best ones. Meters of parts of a data set are merged.

    Args:
        num_classes: Of the data set.

    Raises:
        CheckError: There is no class.
    """

    def __init__(self, num_classes: int) -> None:
        if num_classes < 1:
            raise CheckError("average precision needs at least one class")
        self.num_classes = num_classes
        self._images: list[tuple[Detections, ObjectAnnotations]] = []

    def add(self, detections: Detections, objects: ObjectAnnotations) -> None:
        """Adds an image, also one without objects or without detections.

        Raises:
            CheckError: A class of the detections is none of the data set's, or a value is not
                finite.
            DataError: A class of the objects is none.
        """
        if not (np.isfinite(detections.boxes).all() and np.isfinite(detections.scores).all()):
            raise CheckError("boxes or scores of detections are NaN or infinite")
        for classes, error in ((detections.classes, CheckError), (objects.classes, DataError)):
            if len(classes) and not 0 <= classes.min() <= classes.max() < self.num_classes:
                raise error(
                    f"classes {classes.min()} to {classes.max()} are not within 0 to"
                    f" {self.num_classes - 1}"
                )
        self._images.append((detections, objects))

    def merge(self, other: AveragePrecisionMeter) -> None:
        """Adds the images of another part of the data set, after those that are here.

        Raises:
            CheckError: It has another number of classes.
        """
        if other.num_classes != self.num_classes:
            raise CheckError(
                f"{self.num_classes} and {other.num_classes} classes cannot be measured together"
            )
        self._images += other._images

    def result(self) -> AveragePrecision:
        """The figures of all images.

        Raises:
            CheckError: There is no image.
            MissingDependencyError: pycocotools is not installed.
        """
        if not self._images:
            raise CheckError("average precision needs at least one image")
        statistics = self._statistics()
        figures = {
            name: None if statistics[place] == _UNDEFINED else 100 * float(statistics[place])
            for name, place in _STATISTICS.items()
        }
        objects = sum(int((~truth.crowd).sum()) for _, truth in self._images)
        return AveragePrecision(**figures, images=len(self._images), objects=objects)

    def aps_without(self, groups: Sequence[Collection[int]]) -> list[float | None]:
        """The AP without some of the images, boxes being matched once for all.

        Args:
            groups: Numbers of images that are left out, for each AP.

        Raises:
            MissingDependencyError: pycocotools is not installed.
        """
        with contextlib.redirect_stdout(io.StringIO()):
            evaluation = self._evaluation()
            matched, parameters = evaluation.evalImgs, copy.deepcopy(evaluation.params)
            parameters.areaRng, parameters.maxDets = parameters.areaRng[:1], [_MOST_BOXES]
            aps = []
            for group in groups:
                # By class and size, with the image last.
                evaluation.evalImgs = [
                    None if place % len(self._images) in group else one
                    for place, one in enumerate(matched)
                ]
                evaluation.accumulate(parameters)
                precisions = evaluation.eval["precision"]
                known = precisions[precisions != _UNDEFINED]
                aps.append(100 * float(known.mean()) if len(known) else None)
        return aps

    def _statistics(self) -> Sequence[float]:
        with contextlib.redirect_stdout(io.StringIO()):
            evaluation = self._evaluation()
            evaluation.accumulate()
            evaluation.summarize()
        statistics: Sequence[float] = evaluation.stats
        return statistics

    def _evaluation(self) -> Any:
        """COCO's own, with boxes matched."""
        check_average_precision()
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval

        truth, found = COCO(), COCO()
        for coco, records in ((truth, self._of_objects()), (found, self._of_detections())):
            coco.dataset = self._dataset(records)
            coco.createIndex()
        evaluation = COCOeval(truth, found, "bbox")
        evaluation.evaluate()
        return evaluation

    def _dataset(self, records: Iterator[dict[str, Any]]) -> dict[str, Any]:
        """Records as a file of COCO's has them; numbers begin with 1, since 0 means none there."""
        return {
            "images": [{"id": number} for number in range(1, len(self._images) + 1)],
            "categories": [{"id": number} for number in range(1, self.num_classes + 1)],
            "annotations": [{"id": number} | one for number, one in enumerate(records, 1)],
        }

    def _of_objects(self) -> Iterator[dict[str, Any]]:
        for image, (_, objects) in enumerate(self._images, 1):
            for box, number, crowd, area in zip(
                objects.boxes, objects.classes, objects.crowd, objects.areas, strict=True
            ):
                yield _record(image, number, box) | {"area": float(area), "iscrowd": int(crowd)}

    def _of_detections(self) -> Iterator[dict[str, Any]]:
        for image, (detections, _) in enumerate(self._images, 1):
            for box, number, score in zip(
                detections.boxes, detections.classes, detections.scores, strict=True
            ):
                record = _record(image, number, box)
                area = record["bbox"][2] * record["bbox"][3]
                yield record | {"score": float(score), "area": area, "iscrowd": 0}


def _record(image: int, number: int, box: Sequence[float]) -> dict[str, Any]:
    """What objects and detections have in common: a box is its corner, its width and height."""
    left, top, right, bottom = map(float, box)
    sides = [left, top, right - left, bottom - top]
    return {"image_id": image, "category_id": int(number) + 1, "bbox": sides}
