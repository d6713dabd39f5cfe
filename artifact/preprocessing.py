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
from PIL import Image, ImageOps

from ..errors import ConfigError

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

LONGEST_SIDE = 32_768
"""Pixels of a resized image's long side; beyond that it is no photo, and would fill memory."""

Size = int | tuple[int, int]
"""Pixels of an image: a side of a square, or height and width."""

_RESAMPLING = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


@dataclasses.dataclass(frozen=True)
class Preprocessing:
    """How an image becomes the network's input.

    Resize the short side, crop the centre, scale to [0, 1], then subtract the mean and divide
    by the standard deviation of each channel. Resizing is Pillow's (antialiased, in 8 bits).

    Attributes:
        size: Side of the square centre crop in pixels: the network's input size.
        crop_ratio: Share of the resized short side that the crop keeps, in (0, 1].
        interpolation: ``nearest``, ``bilinear``, ``bicubic`` or ``lanczos``.
        mean: Of red, green and blue, in [0, 1].
        std: Of red, green and blue, in [0, 1].
    """

    size: int = 224
    crop_ratio: float = 0.95
    interpolation: str = "bicubic"
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", tuple(self.mean))
        object.__setattr__(self, "std", tuple(self.std))
        if type(self.size) is not int or self.size < 1:
            raise ConfigError(f"preprocessing: size must be a positive integer, got {self.size!r}")
        if type(self.crop_ratio) not in (int, float) or not 0.01 <= self.crop_ratio <= 1:
            raise ConfigError(
                f"preprocessing: crop_ratio must be in [0.01, 1], got {self.crop_ratio!r}"
            )
        if self.interpolation not in _RESAMPLING:
            raise ConfigError(
                f"preprocessing: interpolation {self.interpolation!r} is unknown; choose one of"
                f" {', '.join(_RESAMPLING)}"
            )
        for numbers in (self.mean, self.std):
            if len(numbers) != 3 or not all(
                type(number) in (int, float) and math.isfinite(number) for number in numbers
            ):
                raise ConfigError(f"preprocessing: mean and std need three numbers, not {numbers}")
        if min(self.std) <= 0:
            raise ConfigError("preprocessing: std must be positive")

    @property
    def resize(self) -> int:
        """Short side after resizing in pixels, ceil(size / crop_ratio): 236 for 224 at 0.95."""
        return math.ceil(self.size / self.crop_ratio)

    def at_size(self, size: int) -> Preprocessing:
        """The same preprocessing for another input size in pixels."""
        return dataclasses.replace(self, size=size)

    def pixels(self, image: Image.Image) -> NDArray[np.uint8]:
        """Resizes and crops an RGB image.

        Returns:
            Pixels [size, size, 3] in 0 to 255.

        Raises:
            ValueError: The sides are so unequal that the long one would pass
                :data:`LONGEST_SIDE`.
        """
        width, height = image.size
        short = min(width, height)
        size = (
            (self.resize, int(self.resize * height / width))
            if width == short
            else (int(self.resize * width / height), self.resize)
        )
        if max(size) > LONGEST_SIDE:
            raise ValueError(f"{width} x {height} pixels are too unequal to be resized")
        if size != image.size:
            image = image.resize(size, _RESAMPLING[self.interpolation])
        left = round((size[0] - self.size) / 2)
        top = round((size[1] - self.size) / 2)
        image = image.crop((left, top, left + self.size, top + self.size))
        return np.asarray(image, dtype=np.uint8)

    def normalise(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Scales and normalises pixels.

        Args:
            pixels: [..., H, W, 3] in 0 to 255.

        Returns:
            float32 [..., 3, H, W], (pixels / 255 - mean) / std.
        """
        mean = np.asarray(self.mean, np.float32)
        std = np.asarray(self.std, np.float32)
        scaled = (pixels.astype(np.float32) / np.float32(255) - mean) / std
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
        """The network's input [3, size, size] for an image of any mode and size."""
        return self.normalise(self.pixels(to_rgb(image)))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; ``resize`` is stated for readers that do not derive it."""
        fields = dataclasses.asdict(self)
        return {"resize": self.resize, **fields, "mean": list(self.mean), "std": list(self.std)}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Preprocessing:
        """Builds the parameters from plain values.

        Raises:
            ConfigError: A field is unknown, impossible or contradicts another.
        """
        values = {name: value for name, value in fields.items() if name != "resize"}
        unknown = set(values) - {field.name for field in dataclasses.fields(cls)}
        if unknown:
            raise ConfigError(f"preprocessing: unknown field {', '.join(sorted(unknown))}")
        try:
            spec = cls(**values)
        except TypeError as error:
            raise ConfigError(f"preprocessing: a field has a wrong type ({error})") from error
        if fields.get("resize", spec.resize) != spec.resize:
            raise ConfigError(
                f"preprocessing: resize {fields['resize']} contradicts size {spec.size} at"
                f" crop_ratio {spec.crop_ratio}, which give {spec.resize}"
            )
        return spec


def side_of(size: Size) -> int:
    """The side in pixels of a size that must be a square.

    Raises:
        ConfigError: It is none, or not of whole pixels.
    """
    height, width = size if isinstance(size, tuple) and len(size) == 2 else (size, size)
    if type(height) is not int or type(width) is not int:
        raise ConfigError(f"`input_size` is an int, or a height and a width, not {size!r}")
    if height != width:
        raise ConfigError(f"`input_size` must be square so far, not {height} x {width}")
    return height


def to_rgb(image: Image.Image) -> Image.Image:
    """An upright 8-bit RGB image of an image of any mode.

    EXIF rotation is applied. 16-bit samples keep their upper 8 bits; alpha is dropped, as the
    evaluation's image loader does; everything else is Pillow's conversion.

    Raises:
        ValueError: The image has 32-bit samples, of which nobody knows what is white.
    """
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16"):
        samples = np.asarray(image).astype(np.uint16)
        image = Image.fromarray((samples >> 8).astype(np.uint8))
    elif image.mode in ("I", "F"):
        raise ValueError("32-bit samples have no known range; save the image with 8 or 16 bits")
    return image.convert("RGB")
