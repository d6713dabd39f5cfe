"""How a classifier's best classes compare with a reference's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..artifact.interface import OUTPUT_NAME, PROBABILITIES_NAME
from ..artifact.manifest import Interval
from ..artifact.outputs import Outputs
from ..artifact.truth import Truths
from ..errors import CheckError
from .drop import paired_drop
from .parity_meter import ParityMeter
from .share import interval


class Top1Meter(ParityMeter):
    """Counts images by the best class of a file and of its reference."""

    def __init__(self, data: str = "images") -> None:
        super().__init__(data)
        self._same = self._right = self._reference_right = 0
        self._lost = self._gained = 0

    def agreement(self) -> Interval:
        """See :class:`ParityMeter`: of images by their top-1."""
        return self._share(self._same)

    def _count(self, reference: Outputs, outputs: Outputs, truths: Truths | None) -> None:
        expected, predicted = (class_values(one).argmax(1) for one in (reference, outputs))
        self._same += int((expected == predicted).sum())
        if truths is not None:
            theirs, ours = expected == truths, predicted == truths
            self._right += int(ours.sum())
            self._reference_right += int(theirs.sum())
            self._lost += int((theirs & ~ours).sum())
            self._gained += int((~theirs & ours).sum())

    def _merge(self, other: Self) -> None:
        self._same += other._same
        self._right += other._right
        self._reference_right += other._reference_right
        self._lost += other._lost
        self._gained += other._gained

    def _results(self, *, annotated: bool) -> Mapping[str, Any]:
        """With labels the top-1 accuracy."""
        if not annotated:
            return {}
        return {
            "top1": self._share(self._right),
            "reference_top1": self._share(self._reference_right),
        }

    def _measured_drop(self) -> Interval:
        """Of the top-1."""
        return paired_drop(self.images, self._lost, self._gained)

    def _share(self, count: int) -> Interval:
        return interval(count / self.images, self.images)


def class_values(outputs: Outputs) -> NDArray[np.float32]:
    """The classes' values [N, K] of a classifier's outputs, whichever they are.

    Raises:
        CheckError: The outputs are none of a classifier.
    """
    for name in (OUTPUT_NAME, PROBABILITIES_NAME):
        if name in outputs:
            if outputs[name].ndim != 2:
                raise CheckError(f"{name} {outputs[name].shape} are not one value for each class")
            return outputs[name]
    raise CheckError(f"outputs {', '.join(outputs)} are none of a classifier")
