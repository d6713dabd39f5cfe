"""How a segmenter's pixels compare with a reference's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..artifact.interface import OUTPUT_NAME
from ..artifact.manifest import Interval, Measure
from ..artifact.outputs import Outputs
from ..artifact.truth import Truths
from ..errors import CheckError, DataError
from .drop import GROUPS, jackknifed_drop
from .label_map import interpolated_labels
from .mean_iou import MeanIoUMeter
from .parity_meter import ParityMeter
from .share import interval


class PixelMeter(ParityMeter):
    """Counts places of a map with the same class, and pixels of annotated images by class."""

    def __init__(self, data: str = "images") -> None:
        super().__init__(data)
        self._same = self._places = 0
        self._ours: list[MeanIoUMeter] = []
        self._theirs: list[MeanIoUMeter] = []

    def agreement(self) -> Interval:
        """See :class:`ParityMeter`: of the map's places; an image's count as one."""
        return interval(self._same / self._places, self.images)

    def _count(self, reference: Outputs, outputs: Outputs, truths: Truths | None) -> None:
        expected, found = map_of(reference), map_of(outputs)
        for theirs, ours in zip(expected, found, strict=True):
            self._same += int((theirs.argmax(0) == ours.argmax(0)).sum())
            self._places += theirs[0].size
        if truths is not None:
            self._theirs = self._theirs or _meters(expected.shape[1])
            self._ours = self._ours or _meters(found.shape[1])
            _measure(self._theirs, expected, truths, self.images)
            _measure(self._ours, found, truths, self.images)

    def _arrays(self) -> dict[str, NDArray[Any]]:
        places = {"places": np.array([self._same, self._places])}
        if not self._ours:
            return places
        ours, theirs = (
            np.stack([meter.counts for meter in meters]) for meters in (self._ours, self._theirs)
        )
        return {**places, "ours": ours, "theirs": theirs}

    def _merge(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        same, places = arrays["places"].tolist()
        self._same += same
        self._places += places
        if "ours" in arrays:
            num_classes = arrays["ours"].shape[1]
            self._ours = self._ours or _meters(num_classes)
            self._theirs = self._theirs or _meters(num_classes)
            images = int(arrays["images"])
            for meters, counts in ((self._ours, arrays["ours"]), (self._theirs, arrays["theirs"])):
                for group, one in enumerate(counts):
                    count = len(range(group, images, GROUPS))
                    meters[(self.images + group) % GROUPS].add_counts(one, count)

    def _results(self, *, annotated: bool) -> Mapping[str, Any]:
        """On annotated images mean intersection over union and pixel accuracy."""
        if not annotated:
            return {}
        ours, theirs = (_merged(meters).result() for meters in (self._ours, self._theirs))
        measures = {
            "mIoU": Measure(value=ours.miou, reference=theirs.miou),
            "pixel accuracy": Measure(value=ours.pixel_accuracy, reference=theirs.pixel_accuracy),
        }
        return {"measures": measures}

    def _measured_drop(self) -> Interval | None:
        """Of the mIoU."""
        if self.images < GROUPS:
            return None

        def drop_without(group: int | None) -> float:
            expected, found = (
                _merged(meters, group).result().miou for meters in (self._theirs, self._ours)
            )
            return expected - found

        return jackknifed_drop(drop_without)


def map_of(outputs: Outputs) -> NDArray[np.float32]:
    """A segmenter's logits, [N, K, H / 4, W / 4].

    Raises:
        CheckError: The outputs are none of a segmenter.
    """
    logits = outputs.get(OUTPUT_NAME)
    if logits is None or logits.ndim != 4:
        raise CheckError(f"outputs {', '.join(outputs)} are none of a segmenter")
    return logits


def _meters(num_classes: int) -> list[MeanIoUMeter]:
    """One for each group of images."""
    return [MeanIoUMeter(num_classes) for _ in range(GROUPS)]


def _measure(
    meters: Sequence[MeanIoUMeter], logits: NDArray[np.float32], truths: Truths, first: int
) -> None:
    """Adds images, each to its group, the first of which has a number."""
    for number, (values, truth) in enumerate(zip(logits, truths, strict=True), first):
        if not isinstance(truth.annotation, np.ndarray):
            raise DataError("boxes are no label maps; give maps to measure a segmenter by")
        labels = interpolated_labels(values, truth.placement)
        meters[number % GROUPS].add(labels, truth.annotation)


def _merged(meters: Sequence[MeanIoUMeter], without: int | None = None) -> MeanIoUMeter:
    """All meters together, but one by its place."""
    merged = MeanIoUMeter(meters[0].num_classes)
    for place, meter in enumerate(meters):
        if place != without:
            merged.merge(meter)
    return merged
