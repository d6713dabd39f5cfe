"""How well pixels are told apart: intersection over union of each class."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from ..artifact.annotations import IGNORED
from ..errors import CheckError, DataError


@dataclasses.dataclass(frozen=True)
class MeanIoU:
    """Figures of a segmenter in percent.

    Attributes:
        miou: Mean of the classes' IoU, over those that are in an image or were seen in one.
        pixel_accuracy: Share of pixels whose label is right.
        classes: IoU of each class in order; None where it does not occur.
        images: How many there were.
        pixels: With a label.
    """

    miou: float
    pixel_accuracy: float
    classes: tuple[float | None, ...]
    images: int
    pixels: int


class MeanIoUMeter:
    """Gathers images in a confusion matrix; intersections and unions are those of all together.

    Pixels whose label is :data:`.label_map.IGNORED` do not count. A predicted one is a miss.
    Meters of parts of a data set are merged.

    Args:
        num_classes: Of the data set, 1 to 255.

    Raises:
        CheckError: It is another number.
    """

    def __init__(self, num_classes: int) -> None:
        if not 1 <= num_classes <= IGNORED:
            raise CheckError(f"mean IoU is of 1 to {IGNORED} classes, not {num_classes}")
        self.num_classes = num_classes
        self.images = 0
        self._counts = np.zeros((num_classes, num_classes + 1), np.int64)

    @property
    def counts(self) -> NDArray[np.int64]:
        """Pixels by label and by prediction; the last column is of those with no prediction."""
        return self._counts.copy()

    def add(self, predicted: NDArray[np.integer], labels: NDArray[np.integer]) -> None:
        """Adds an image.

        Args:
            predicted: Class of each pixel, [H, W].
            labels: What is right, [H, W].

        Raises:
            CheckError: The sizes differ, or a predicted class is none of the data set's.
            DataError: A label is none.
        """
        if predicted.shape != labels.shape:
            raise CheckError(
                f"labels {list(predicted.shape)} cannot be compared with {list(labels.shape)}"
            )
        for values, whose, error in (
            (predicted, "predicted", CheckError),
            (labels, "of the data set", DataError),
        ):
            self._check(values, whose, error)
        counted = labels != IGNORED
        seen = predicted[counted].astype(np.int64)
        seen[seen == IGNORED] = self.num_classes
        width = self.num_classes + 1
        pairs = labels[counted].astype(np.int64) * width + seen
        self._counts += np.bincount(pairs, minlength=self._counts.size).reshape(-1, width)
        self.images += 1

    def merge(self, other: MeanIoUMeter) -> None:
        """Adds the images of another part of the data set.

        Raises:
            CheckError: It has another number of classes.
        """
        if other.num_classes != self.num_classes:
            raise CheckError(
                f"{self.num_classes} and {other.num_classes} classes cannot be measured together"
            )
        self.add_counts(other._counts, other.images)

    def add_counts(self, counts: NDArray[np.int64], images: int) -> None:
        """Adds so many images by their :attr:`counts`."""
        self._counts += counts
        self.images += images

    def result(self) -> MeanIoU:
        """The figures of all images.

        Raises:
            CheckError: There is no pixel with a label.
        """
        total = int(self._counts.sum())
        if not total:
            raise CheckError("mean IoU needs at least one pixel with a label")
        shared = np.diagonal(self._counts)
        unions = self._counts.sum(1) + self._counts[:, :-1].sum(0) - shared
        occurs = unions > 0
        shares = 100 * shared / np.maximum(unions, 1)
        return MeanIoU(
            miou=float(shares[occurs].mean()),
            pixel_accuracy=100 * int(shared.sum()) / total,
            classes=tuple(
                float(share) if there else None for share, there in zip(shares, occurs, strict=True)
            ),
            images=self.images,
            pixels=total,
        )

    def _check(
        self, values: NDArray[np.integer], whose: str, error: type[CheckError] | type[DataError]
    ) -> None:
        strange = values[(values != IGNORED) & ((values < 0) | (values >= self.num_classes))]
        if strange.size:
            raise error(
                f"label {int(strange.flat[0])} {whose} is none of {self.num_classes} classes, which"
                f" are 0 to {self.num_classes - 1}, or {IGNORED} for none"
            )
