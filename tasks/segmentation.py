"""Segmentation: what each pixel of an image shows, from Semantic FPN's map."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..artifact.interface import OUTPUT_NAME
from ..artifact.manifest import Interval, Measure
from ..artifact.outputs import Outputs
from ..artifact.placement import Placement
from ..artifact.truth import Truths
from ..errors import CheckError, DataError
from .agreement import equal_pixels
from .box_picture import label_of
from .dense import DenseTask
from .drop import GROUPS, jackknifed_drop
from .label_map import interpolated_labels
from .mask_picture import class_shares, draw_labels
from .mean_iou import MeanIoU, MeanIoUMeter
from .names import SEGMENTATION as NAME
from .share import interval


@dataclasses.dataclass(frozen=True)
class Region:
    """The pixels of an image that show one class.

    Attributes:
        label: The class's name, or its number where nobody gave it one.
        index: The class's number.
        share: Of the image's pixels, in [0, 1].
    """

    label: str
    index: int
    share: float


@dataclasses.dataclass(frozen=True, eq=False)
class SegmentedImage:
    """What a model sees in an image, pixel by pixel.

    Attributes:
        classes: The class of each pixel, uint8 [H, W]; 255 where the image was cropped.
        regions: The classes that occur, from the largest.
        labels: Names of the classes in order, if known.
    """

    classes: NDArray[np.uint8]
    regions: tuple[Region, ...]
    labels: Sequence[str] | None = None


class Segmentation(DenseTask):
    """Logits [N, K, H / 4, W / 4] of every class at every fourth pixel."""

    name = NAME
    measure = "mIoU"
    same = "pixels"
    agreement_is = "the share of the map's places with the same class"

    def agreement(self, reference: Outputs, outputs: Outputs) -> Interval:
        """See :class:`Task`: of the map's places; an image's count as one in the interval."""
        expected, found = (_logits(one).argmax(1) for one in (reference, outputs))
        return interval(equal_pixels(expected, found) / 100, len(found))

    def results(
        self, reference: Outputs, outputs: Outputs, truths: Truths | None
    ) -> Mapping[str, Any]:
        """See :class:`Task`; measures mean intersection over union and pixel accuracy."""
        results = {"agreement": self.agreement(reference, outputs)}
        if truths is None:
            return results
        ours, theirs = (_mean_iou(one, truths) for one in (outputs, reference))
        measures = {
            "mIoU": Measure(value=ours.miou, reference=theirs.miou),
            "pixel accuracy": Measure(value=ours.pixel_accuracy, reference=theirs.pixel_accuracy),
        }
        return {**results, "measures": measures}

    def measured_drop(
        self, reference: Outputs, outputs: Outputs, truths: Truths
    ) -> Interval | None:
        """See :class:`Task`: of the mIoU."""
        if len(truths) < GROUPS:
            return None
        theirs, ours = (_meters(one, truths, GROUPS) for one in (reference, outputs))

        def drop_without(group: int | None) -> float:
            expected, found = (_merged(one, group).result().miou for one in (theirs, ours))
            return expected - found

        return jackknifed_drop(drop_without)

    def decode(
        self, outputs: Outputs, placement: Placement, labels: Sequence[str] | None, top: int | None
    ) -> SegmentedImage:
        """See :class:`Task`: the class of each pixel, in mmseg's order; all of them."""
        classes = interpolated_labels(_logits(outputs)[0], placement)
        shares = class_shares(classes)
        regions = [Region(label_of(one, labels), one, float(share)) for one, share in shares]
        return SegmentedImage(classes, tuple(regions[:top]), labels)

    def tell(self, results: SegmentedImage) -> str:
        """See :class:`Task`: classes with their shares."""
        return ", ".join(f"{one.label} {100 * one.share:.1f} %" for one in results.regions)

    def draw(self, image: Image.Image, results: SegmentedImage) -> Image.Image:
        """See :class:`Task`: the image in its classes' colours, with a legend."""
        return draw_labels(image, results.classes, results.labels)


SEGMENTATION = Segmentation()


def _logits(outputs: Outputs) -> NDArray[np.float32]:
    logits = outputs.get(OUTPUT_NAME)
    if logits is None or logits.ndim != 4:
        raise CheckError(f"outputs {', '.join(outputs)} are none of a segmenter")
    return logits


def _mean_iou(outputs: Outputs, truths: Truths) -> MeanIoU:
    """The figures of a file's outputs."""
    return _merged(_meters(outputs, truths, 1)).result()


def _meters(outputs: Outputs, truths: Truths, groups: int) -> list[MeanIoUMeter]:
    """A meter for each group of images."""
    logits = _logits(outputs)
    meters = [MeanIoUMeter(logits.shape[1]) for _ in range(groups)]
    for place, (values, truth) in enumerate(zip(logits, truths, strict=True)):
        if not isinstance(truth.annotation, np.ndarray):
            raise DataError("boxes are no label maps; give maps to measure a segmenter by")
        labels = interpolated_labels(values, truth.placement)
        meters[place % groups].add(labels, truth.annotation)
    return meters


def _merged(meters: Sequence[MeanIoUMeter], without: int | None = None) -> MeanIoUMeter:
    """All meters together, but one by its place."""
    merged = MeanIoUMeter(meters[0].num_classes)
    for place, meter in enumerate(meters):
        if place != without:
            merged.merge(meter)
    return merged
