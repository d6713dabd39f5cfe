"""Comparing a file with a reference part by part, so that all outputs are never in memory."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..artifact.manifest import Interval, Parity
from ..artifact.outputs import Outputs, count_of
from ..artifact.truth import Truths
from ..errors import CheckError
from .closeness import ClosenessMeter

_CLOSENESS = "closeness of "
"""Begins the names of arrays that are of values themselves."""


class ParityMeter(abc.ABC):
    """Gathers images that a file and its reference were run on.

    Meters of parts of a data set are merged, in the order of the parts, and then give what one of
    all images does: what is counted is the same, and sums are so to the order they are added in.

    Args:
        data: What the images are.

    Attributes:
        images: How many there are.
    """

    def __init__(self, data: str = "images") -> None:
        self._data = data
        self.images = 0
        self._is_annotated: bool | None = None
        self._closeness: dict[str, ClosenessMeter] = {}

    def add(self, reference: Outputs, outputs: Outputs, truths: Truths | None = None) -> None:
        """Adds images.

        Args:
            reference: What the file is held to, by the same names.
            outputs: The file's, for the same images.
            truths: What is right for each image, if known; for all that are added, or for none.

        Raises:
            CheckError: Names or shapes differ, there is no image, or a value is not finite.
            DataError: The truths are another task's.
        """
        if reference.keys() != outputs.keys():
            raise CheckError(
                f"outputs {', '.join(reference)} and {', '.join(outputs)} cannot be compared"
            )
        for name, expected in reference.items():
            self._closeness_of(name).add(expected, outputs[name])
        self.count(reference, outputs, truths)

    def count(self, reference: Outputs, outputs: Outputs, truths: Truths | None = None) -> None:
        """The same of what users see alone: values themselves are not compared."""
        self._note_annotated(annotated=truths is not None)
        self._count(reference, outputs, truths)
        self.images += count_of(reference)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that it holds, as plain arrays by name, which :meth:`merge` of another one takes.

        So parts of a data set go from process to process, in files that run no code.
        """
        close = {f"{_CLOSENESS}{name}": meter.sums for name, meter in self._closeness.items()}
        annotated = np.array(self.is_annotated)
        return {"images": np.array(self.images), "annotated": annotated, **close, **self._arrays()}

    def merge(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Adds the images of another part of the data set, after those that are here.

        Args:
            arrays: What :meth:`arrays` of its meter gave.
        """
        images, annotated = int(arrays["images"]), bool(arrays["annotated"])
        if not images:
            return
        self._note_annotated(annotated=annotated)
        for key, sums in arrays.items():
            if key.startswith(_CLOSENESS):
                self._closeness_of(key.removeprefix(_CLOSENESS)).add_sums(sums)
        self._merge(arrays)
        self.images += images

    def parity(self) -> Parity:
        """How closely the file follows the reference, and what the task measures.

        Raises:
            CheckError: There is no image, or a reference is zero throughout.
        """
        close = {name: meter.result() for name, meter in self._closeness.items()}
        if not close:
            raise CheckError("a comparison needs at least one image")
        found = {"agreement": self.agreement(), **self._results(annotated=self.is_annotated)}
        return Parity(images=self.images, data=self._data, outputs=close, **found)

    @property
    def is_annotated(self) -> bool:
        """Whether it is known what is right for the images."""
        return bool(self._is_annotated)

    @abc.abstractmethod
    def agreement(self) -> Interval:
        """The share of results that are the same as the reference's, in percent."""

    def drop(self) -> Interval | None:
        """What is lost against the reference, in points, with its 95 % interval.

        Of what the task measures on annotated images, or else of the agreement; None where there
        are too few images to tell.
        """
        if self.is_annotated:
            return self._measured_drop()
        same = self.agreement()
        return Interval(value=100 - same.value, low=100 - same.high, high=100 - same.low)

    def _closeness_of(self, name: str) -> ClosenessMeter:
        return self._closeness.setdefault(name, ClosenessMeter(name, self._data))

    def _note_annotated(self, *, annotated: bool) -> None:
        if self._is_annotated not in (None, annotated):
            raise ValueError("truths are of all images or of none")
        self._is_annotated = annotated

    @abc.abstractmethod
    def _count(self, reference: Outputs, outputs: Outputs, truths: Truths | None) -> None:
        """Adds what users see of images."""

    @abc.abstractmethod
    def _arrays(self) -> dict[str, NDArray[Any]]:
        """What users see of images, as plain arrays."""

    @abc.abstractmethod
    def _merge(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Adds what users see of the images of another part, after those that are here."""

    @abc.abstractmethod
    def _results(self, *, annotated: bool) -> Mapping[str, Any]:
        """What a user sees of a comparison besides: further fields of a :class:`Parity`."""

    @abc.abstractmethod
    def _measured_drop(self) -> Interval | None:
        """What is lost of what the task measures on annotated images."""
