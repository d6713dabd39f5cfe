"""Segmentation: what each pixel of an image shows, from Semantic FPN's map."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..artifact.outputs import Outputs
from ..artifact.placement import Placement
from .box_picture import label_of
from .dense import DenseTask
from .label_map import interpolated_labels
from .mask_picture import class_shares, draw_labels
from .names import SEGMENTATION as NAME
from .pixel_meter import PixelMeter, map_of


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

    def meter(self, data: str = "images") -> PixelMeter:
        """See :class:`Task`: of pixels."""
        return PixelMeter(data)

    def decode(
        self, outputs: Outputs, placement: Placement, labels: Sequence[str] | None, top: int | None
    ) -> SegmentedImage:
        """See :class:`Task`: the class of each pixel, in mmseg's order; all of them."""
        classes = interpolated_labels(map_of(outputs)[0], placement)
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
