"""How a classifier's best classes compare with a reference's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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

_COUNTS = ("same", "right", "reference right", "lost", "gained")
"""What images are counted by: the file and its reference have one class, it is right, the reference
is, that alone, or the file alone."""


class Top1Meter(ParityMeter):
    """Counts images by the best class of a file and of its reference."""

    def __init__(self, data: str = "images") -> None:
        super().__init__(data)
        self._counts = np.zeros(len(_COUNTS), np.int64)

    def agreement(self) -> Interval:
        """See :class:`ParityMeter`: of images by their top-1."""
        return self._share("same")

    def _count(self, reference: Outputs, outputs: Outputs, truths: Truths | None) -> None:
        expected, predicted = (class_values(one).argmax(1) for one in (reference, outputs))
        counts = [expected == predicted]
        if truths is not None:
            theirs, ours = expected == truths, predicted == truths
            counts += [ours, theirs, theirs & ~ours, ~theirs & ours]
        self._counts[: len(counts)] += [int(one.sum()) for one in counts]

    def _arrays(self) -> dict[str, NDArray[Any]]:
        return {"counts": self._counts}

    def _merge(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._counts += arrays["counts"]

    def _results(self, *, annotated: bool) -> Mapping[str, Any]:
        """With labels the top-1 accuracy."""
        if not annotated:
            return {}
        return {"top1": self._share("right"), "reference_top1": self._share("reference right")}

    def _measured_drop(self) -> Interval:
        """Of the top-1."""
        return paired_drop(self.images, self._count_of("lost"), self._count_of("gained"))

    def _count_of(self, name: str) -> int:
        return int(self._counts[_COUNTS.index(name)])

    def _share(self, name: str) -> Interval:
        return interval(self._count_of(name) / self.images, self.images)


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
