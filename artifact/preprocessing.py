"""From an image to the network's input: the one implementation that everything uses.

Calibration, evaluation, golden vectors and the runtimes all call this module, and the
manifest carries its parameters, so that a phone can do the same.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

from ..errors import ConfigError
from ..process.text import shown_value
from .pixel_file import Pixels
from .placement import Extent, Placement
from .size import (
    INTERPOLATIONS,
    PADDING_PLACES,
    RESIZE_MODES,
    Size,
    as_size,
    shown_size,
    sides_of,
)

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

LONGEST_SIDE = 32_768
"""Pixels of a resized image's long side; beyond that it is no photo, and would fill memory."""

WHITE = 255

_FARTHEST = 10
"""Of a mean or a deviation from 0; larger ones are those of pixels from 0 to 255."""

_RESAMPLING = {name: Image.Resampling[name.upper()] for name in INTERPOLATIONS}


@dataclasses.dataclass(frozen=True)
class Preprocessing:
    """How an image becomes the network's input.

    Resize to the network's size, scale to [0, 1], then subtract the mean and divide by the standard
    deviation of each channel. Resizing is Pillow's (antialiased, in 8 bits).

    Attributes:
        size: Of the network's input in pixels: a side, or height and width.
        crop_ratio: For ``crop``: share of the covered size that is kept, in (0, 1].
        interpolation: ``nearest``, ``bilinear``, ``bicubic`` or ``lanczos``.
        mean: Of red, green and blue, in [0, 1].
        std: Of red, green and blue, in [0, 1].
        resize_mode: ``crop`` keeps the image's shape, covers the size divided by the crop ratio and
            cuts out the centre; ``squash`` changes its shape; ``letterbox`` keeps it, and fills
            the rest with the padding.
        padding: For ``letterbox``: red, green and blue from 0 to 255; by default the mean, which
            the network sees as 0.
        padding_place: For ``letterbox``: ``bottom-right`` of the image or ``around`` it.
    """

    size: Size = 224
    crop_ratio: float = 0.95
    interpolation: str = "bicubic"
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    resize_mode: str = RESIZE_MODES[0]
    padding: tuple[int, int, int] | None = None
    padding_place: str = PADDING_PLACES[0]

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "size", as_size(self.size))
        except ConfigError as error:
            raise ConfigError(f"preprocessing: {error}") from error
        self._check_resizing()
        object.__setattr__(self, "mean", tuple(self.mean))
        object.__setattr__(self, "std", tuple(self.std))
        self._check_colours()
        padding = self._mean_colour() if self.padding is None else tuple(self.padding)
        object.__setattr__(self, "padding", padding)
        if len(padding) != 3 or not all(
            type(value) is int and 0 <= value <= WHITE for value in padding
        ):
            raise ConfigError(
                f"preprocessing: padding needs three whole numbers from 0 to {WHITE}, not"
                f" {shown_value(list(padding))}"
            )

    def _check_colours(self) -> None:
        for name, numbers in (("mean", self.mean), ("std", self.std)):
            if len(numbers) != 3 or not all(
                type(number) in (int, float) and abs(number) < math.inf for number in numbers
            ):
                raise ConfigError(
                    f"preprocessing: mean and std need three numbers, not {shown_value(numbers)}"
                )
            if max(map(abs, numbers)) > _FARTHEST:
                raise ConfigError(
                    f"preprocessing: {name} must be from 0 to 1, as pixels are when they are"
                    f" normalised, not {list(numbers)}; divide by {WHITE}"
                )
        if min(self.std) <= 0:
            raise ConfigError("preprocessing: std must be positive")

    def _check_resizing(self) -> None:
        for name, choices in (
            ("resize_mode", RESIZE_MODES),
            ("interpolation", INTERPOLATIONS),
            ("padding_place", PADDING_PLACES),
        ):
            value = getattr(self, name)
            if value not in choices:
                raise ConfigError(
                    f"preprocessing: {name} {shown_value(value)} is unknown; choose one of"
                    f" {', '.join(choices)}"
                )
        if type(self.crop_ratio) not in (int, float) or not 0.01 <= self.crop_ratio <= 1:
            raise ConfigError(
                "preprocessing: crop_ratio must be in [0.01, 1], got"
                f" {shown_value(self.crop_ratio)}"
            )

    def _mean_colour(self) -> tuple[int, ...]:
        return tuple(min(max(round(value * WHITE), 0), WHITE) for value in self.mean)

    @property
    def height(self) -> int:
        """Of the network's input in pixels."""
        return sides_of(self.size)[0]

    @property
    def width(self) -> int:
        """Of the network's input in pixels."""
        return sides_of(self.size)[1]

    @property
    def resize(self) -> tuple[int, int]:
        """Height and width that a resized image covers, in ``crop``, or else keeps within.

        In ``crop`` ceil(side / crop_ratio): 236 for 224 at 0.95.
        """
        if self.resize_mode != "crop":
            return self.height, self.width
        return math.ceil(self.height / self.crop_ratio), math.ceil(self.width / self.crop_ratio)

    @property
    def description(self) -> str:
        """How an image comes to the network's size, in words."""
        size, by = shown_size(self.size), self.interpolation
        if self.resize_mode == "squash":
            return f"resize to {size} ({by}) whatever the shape"
        if self.resize_mode == "letterbox":
            colour = ", ".join(map(str, self.padding or ()))
            place = "around" if self.padding_place == "around" else "at the bottom and right"
            return f"resize to fit into {size} ({by}), pad {place} with the colour {colour}"
        if self.height == self.width:
            covered = f"resize the short side to {self.resize[0]} ({by})"
        else:
            covered = f"resize to cover {shown_size(self.resize)} ({by})"
        return f"{covered}, crop the central {size}"

    def at_size(self, size: Size) -> Preprocessing:
        """The same preprocessing for another input size in pixels."""
        return dataclasses.replace(self, size=size)

    def resized(self, height: int, width: int) -> tuple[int, int]:
        """Height and width that an image of some height and width is resized to."""
        tall, wide = self.resize
        if self.resize_mode == "squash":
            return tall, wide
        if self.resize_mode == "crop":
            # The side that the other one is as large as, or larger; cut off, not rounded.
            if tall * width >= wide * height:
                return tall, int(tall * width / height)
            return int(wide * height / width), wide
        # As detectors are trained by mmcv, to the last bit of its factor; but nothing vanishes.
        factor = min(tall / height, wide / width)
        return max(int(height * factor + 0.5), 1), max(int(width * factor + 0.5), 1)

    def placed(self, height: int, width: int) -> tuple[int, int]:
        """Where a resized image begins in the network's input, from the top and from the left.

        Negative where the image is cropped.
        """
        if self.resize_mode == "letterbox":
            if self.padding_place == "bottom-right":
                return 0, 0
            return (self.height - height) // 2, (self.width - width) // 2
        return -round((height - self.height) / 2), -round((width - self.width) / 2)

    def placement(self, height: int, width: int) -> Placement:
        """Where an image of some height and width lies in the network's input."""
        tall, wide = self.resized(height, width)
        top, left = self.placed(tall, wide)
        return Placement(
            Extent(self.height, top, tall, height), Extent(self.width, left, wide, width)
        )

    def pixels(self, image: Image.Image) -> NDArray[np.uint8]:
        """Resizes an RGB image, and crops or pads it.

        Returns:
            Pixels [height, width, 3] in 0 to 255.

        Raises:
            ValueError: The sides are so unequal that the long one would pass
                :data:`LONGEST_SIDE`.
        """
        height, width = self.resized(image.height, image.width)
        if max(height, width) > LONGEST_SIDE:
            raise ValueError(f"{image.width} x {image.height} pixels are too unequal to be resized")
        if (width, height) != image.size:
            image = image.resize((width, height), _RESAMPLING[self.interpolation])
        top, left = self.placed(height, width)
        if self.resize_mode == "letterbox":
            canvas = Image.new("RGB", (self.width, self.height), self.padding)
            canvas.paste(image, (left, top))
            image = canvas
        else:
            image = image.crop((-left, -top, self.width - left, self.height - top))
        return np.asarray(image, dtype=np.uint8)

    def normalise(self, pixels: Pixels) -> NDArray[np.float32]:
        """Scales and normalises pixels.

        Args:
            pixels: [..., H, W, 3] in 0 to 255.

        Returns:
            float32 [..., 3, H, W], (pixels / 255 - mean) / std.
        """
        mean = np.asarray(self.mean, np.float32)
        std = np.asarray(self.std, np.float32)
        scaled = (np.asarray(pixels, np.float32) / np.float32(255) - mean) / std
        return np.ascontiguousarray(np.moveaxis(scaled, -1, -3))

    def denormalise(self, images: NDArray[np.float32]) -> NDArray[np.uint8]:
        """The pixels that :meth:`normalise` made images of.

        Args:
            images: float32 [..., 3, H, W].

        Returns:
            uint8 [..., H, W, 3]; values between two pixels are rounded.
        """
        mean = np.asarray(self.mean, np.float32)
        std = np.asarray(self.std, np.float32)
        scaled = np.moveaxis(images, -3, -1) * std + mean
        return np.clip(np.rint(scaled * np.float32(255)), 0, 255).astype(np.uint8)

    def __call__(self, image: Image.Image) -> NDArray[np.float32]:
        """The network's input [3, height, width] for an image of any mode and size."""
        return self.normalise(self.pixels(to_rgb(image)))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; ``resize`` is stated for readers that do not derive it."""
        fields = dataclasses.asdict(self)
        fields.pop("size")
        stated = {"height": self.height, "width": self.width, "resize": list(self.resize)}
        return stated | {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in fields.items()
        }

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Preprocessing:
        """Builds the parameters from plain values.

        Args:
            fields: Those of :meth:`to_dict`; ``size`` may stand for height and width, and one
                number for those of a square.

        Raises:
            ConfigError: A field is unknown, impossible or contradicts another.
        """
        values = {name: value for name, value in fields.items() if name != "resize"}
        if "size" not in values and {"height", "width"} <= values.keys():
            values["size"] = (values.pop("height"), values.pop("width"))
        unknown = set(values) - {field.name for field in dataclasses.fields(cls)}
        if unknown:
            raise ConfigError(f"preprocessing: unknown field {', '.join(sorted(unknown))}")
        try:
            spec = cls(**values)
            stated = as_size(fields.get("resize", spec.resize))
        except TypeError as error:
            raise ConfigError(f"preprocessing: a field has a wrong type ({error})") from error
        if stated != as_size(spec.resize):
            raise ConfigError(
                f"preprocessing: resize {fields['resize']} contradicts {shown_size(spec.size)} at"
                f" resize_mode {spec.resize_mode} and crop_ratio {spec.crop_ratio}, which give"
                f" {shown_size(spec.resize)}"
            )
        return spec


def to_rgb(image: Image.Image) -> Image.Image:
    """An upright 8-bit RGB image of an image of any mode; itself where it is that already.

    EXIF rotation is applied. 16-bit samples keep their upper 8 bits; alpha is dropped, as the
    evaluation's image loader does; everything else is Pillow's conversion.

    Raises:
        ValueError: The image has 32-bit samples, of which nobody knows what is white.
    """
    # Where there is nothing to do, no copy is made: some images have 100 million pixels.
    image.load()
    if image.getexif().get(ExifTags.Base.Orientation, 1) != 1:
        image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16"):
        samples = np.asarray(image).astype(np.uint16)
        image = Image.fromarray((samples >> 8).astype(np.uint8))
    elif image.mode in ("I", "F"):
        raise ValueError("32-bit samples have no known range; save the image with 8 or 16 bits")
    return image if image.mode == "RGB" else image.convert("RGB")
