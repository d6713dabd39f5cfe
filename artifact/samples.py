"""Images at a network's input size, with what is known of them."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .annotations import Annotation
from .outputs import Outputs, part_of
from .pixel_file import Pixels, part_of_pixels
from .placement import Placement
from .preprocessing import Preprocessing
from .truth import Truth, Truths

_Value = TypeVar("_Value")


@dataclasses.dataclass(frozen=True)
class Samples:
    """Images at the network's input size.

    Attributes:
        name: What the images are.
        pixels: uint8 [N, H, W, 3], before normalisation; where they are more than 256 MiB a
            :class:`PixelFile`, which is indexed likewise and reads what is asked for.
        labels: int64 [N], or None.
        outputs: The eager model's; None where it was not run.
        skipped: Files that could not be read, each with the reason.
        class_order: What was taken for granted of the order of their classes; empty where nothing
            was.
        placements: Where each image lies in the input; all of it by default, as where the pixels
            are the images themselves.
        annotations: What is in each original image, or None where nobody said.

    Raises:
        DataError: There are not as many placements or annotations as images.
    """

    name: str
    pixels: Pixels
    labels: NDArray[np.int64] | None = None
    outputs: Outputs | None = None
    skipped: tuple[str, ...] = ()
    class_order: str = ""
    placements: Sequence[Placement] = ()
    annotations: Sequence[Annotation] | None = None

    def __post_init__(self) -> None:
        if not self.placements:
            whole = Placement.whole(*self.pixels.shape[1:3])
            object.__setattr__(self, "placements", (whole,) * len(self))
        for name, values in (("placements", self.placements), ("annotations", self.annotations)):
            if values is not None and len(values) != len(self):
                raise DataError(f"{self.name}: {len(values)} {name} for {len(self)} images")

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def truths(self) -> Truths | None:
        """What is right for each image; None where nobody said."""
        if self.annotations is None:
            return self.labels
        pairs = zip(self.placements, self.annotations, strict=True)
        return [Truth(placement, annotation) for placement, annotation in pairs]

    @property
    def digest(self) -> str:
        """SHA-256 of the pixels and their shape, in hex."""
        digest = hashlib.sha256(np.array(self.pixels.shape, np.int64).tobytes())
        for image in self.pixels:
            digest.update(np.ascontiguousarray(image).data)
        return digest.hexdigest()

    @property
    def distinct(self) -> int:
        """How many of the images differ from each other."""
        return len({hashlib.sha256(image.tobytes()).digest() for image in self.pixels})

    def batches(self, preprocessing: Preprocessing, size: int = 8) -> Iterator[NDArray[np.float32]]:
        """Normalised inputs [n, 3, H, W], at most ``size`` at a time."""
        for start in range(0, len(self), size):
            yield preprocessing.normalise(self.pixels[start : start + size])

    def first(self, count: int) -> Samples:
        """The first of them."""
        return self.part(slice(count))

    def part(self, chosen: slice | NDArray[np.integer[Any]]) -> Samples:
        """Some of them, by a slice or by their numbers, with what is known of these."""
        return dataclasses.replace(
            self,
            pixels=part_of_pixels(self.pixels, chosen),
            labels=None if self.labels is None else self.labels[chosen],
            outputs=None if self.outputs is None else part_of(self.outputs, chosen),
            placements=_chosen(self.placements, chosen),
            annotations=None if self.annotations is None else _chosen(self.annotations, chosen),
        )


def _chosen(
    values: Sequence[_Value], chosen: slice | NDArray[np.integer[Any]]
) -> tuple[_Value, ...]:
    """Some of a sequence's values, chosen as an array's are."""
    if isinstance(chosen, slice):
        return tuple(values[chosen])
    return tuple(values[int(number)] for number in chosen)
