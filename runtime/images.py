"""Which of a file's tensors are images, and how images become what it takes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..artifact.interface import CLASSIFICATION
from ..artifact.manifest import Tensor
from ..artifact.preprocessing import Preprocessing
from ..errors import ArtifactError, ConfigError
from .tensor_values import DTYPES, fixed_shape, shown_shape, shown_tensor, stored_values

RGB = 3
CHANNELS = (1, RGB, 4)
"""How many channels images have: grey, red, green and blue, or these with a fourth."""

CHANNEL_AXES = {"NCHW": 1, "NHWC": 3}
"""Where each layout has an image's channels."""

NCHW_TO_NHWC = (0, 2, 3, 1)
NHWC_TO_NCHW = (0, 3, 1, 2)

PER_CLASS = "NK"
"""The layout of one value a class for each image."""


def image_layout(shape: Sequence[int | None], usual: str) -> str:
    """The layout of a tensor that may be images; empty where it is none.

    Args:
        shape: The tensor's.
        usual: What its format usually has, ``NCHW`` or ``NHWC``, where its sizes allow both.
    """
    if len(shape) != 4:
        return ""
    possible = []
    for layout, axis in CHANNEL_AXES.items():
        sides = [size for number, size in enumerate(shape) if number not in (0, axis)]
        if shape[axis] in CHANNELS and 1 not in sides:
            possible.append(layout)
    colours = [layout for layout in possible if shape[CHANNEL_AXES[layout]] == RGB]
    chosen = colours or possible
    return usual if usual in chosen else "".join(chosen[:1])


def with_layouts(
    inputs: Sequence[Tensor],
    outputs: Sequence[Tensor],
    usual: str,
    metadata: Mapping[str, Any] | None = None,
) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """A file's tensors with their layouts: of images and maps, and of outputs with a value a class.

    Args:
        inputs: Of the file, in its order.
        outputs: Of the file, in its order.
        usual: The layout that images and maps usually have in its format.
        metadata: What ``lowformer-export`` put into the file, if it did.
    """
    maps = stated_maps(metadata)
    taken = tuple(_with_layout(tensor, image_layout(tensor.shape, usual)) for tensor in inputs)
    image = image_input(taken)
    given = []
    for tensor in outputs:
        is_map = tensor.name in maps and len(tensor.shape) == len(usual)
        layout = usual if is_map else image_layout(tensor.shape, usual)
        if image and len(tensor.shape) == 2 and tensor.shape[0] in (image.tensor.shape[0], None):
            layout = PER_CLASS
        given.append(_with_layout(tensor, layout))
    return taken, tuple(given)


def stated_maps(metadata: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Names of a file's outputs that are maps, as its metadata state them, in their order."""
    names = (metadata or {}).get("outputs")
    return tuple(map(str, names)) if isinstance(names, list) else ()


def stated_classes(path: Path, metadata: Mapping[str, Any] | None) -> int:
    """How many classes a file's metadata state.

    Raises:
        ArtifactError: They state none.
    """
    model = (metadata or {}).get("model")
    count = model.get("num_classes") if isinstance(model, Mapping) else None
    if type(count) is not int or count < 1:
        raise ArtifactError(f"{path}: its metadata do not state how many classes there are")
    return count


def without_guesses(
    inputs: Sequence[Tensor], outputs: Sequence[Tensor]
) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """A stranger's tensors with the layouts that their sizes leave no doubt about.

    :func:`with_layouts` takes what a file of that kind would have, so that strangers can be run.
    Of that only an input with red, green and blue along one axis alone is beyond doubt.
    """
    taken = tuple(
        tensor if _is_surely_rgb(tensor) else _with_layout(tensor, "") for tensor in inputs
    )
    return taken, tuple(_with_layout(tensor, "") for tensor in outputs)


def _is_surely_rgb(tensor: Tensor) -> bool:
    if tensor.layout not in CHANNEL_AXES:
        return False
    sizes = {layout: tensor.shape[axis] for layout, axis in CHANNEL_AXES.items()}
    return [layout for layout, size in sizes.items() if size == RGB] == [tensor.layout]


def _with_layout(tensor: Tensor, layout: str) -> Tensor:
    return tensor.model_copy(update={"layout": layout})


@dataclasses.dataclass(frozen=True)
class ImageInput:
    """The only input of a file that takes RGB images.

    Attributes:
        tensor: The input, ``NCHW`` or ``NHWC``.
    """

    tensor: Tensor

    @property
    def takes_pixels(self) -> bool:
        """Whether it takes pixels as they are read, in place of normalised values."""
        return self.tensor.dtype == "uint8" and self.tensor.quantization is None

    @property
    def batch(self) -> int:
        """Images per inference; 1 where their number is left open."""
        return fixed_shape(self.tensor)[0]

    @property
    def height(self) -> int:
        """In pixels; 1 where it is left open."""
        return fixed_shape(self.tensor)[2 if self.tensor.layout == "NCHW" else 1]

    @property
    def width(self) -> int:
        """In pixels; 1 where it is left open."""
        return fixed_shape(self.tensor)[3 if self.tensor.layout == "NCHW" else 2]

    def takes(self, shape: Sequence[int]) -> bool:
        """Whether images of a shape are of its size, in any number: see :meth:`stored`."""
        sides = self.tensor.shape[2:] if self.tensor.layout == "NCHW" else self.tensor.shape[1:3]
        expected = (None, *sides, RGB) if self.takes_pixels else (None, RGB, *sides)
        return len(shape) == len(expected) and all(
            size in (None, given) for size, given in zip(expected, shape, strict=True)
        )

    def stored(self, images: NDArray[Any]) -> NDArray[Any]:
        """Images in the input's own type and layout.

        Args:
            images: Normalised float32 [N, 3, H, W], or uint8 [N, H, W, 3] where it takes pixels.
        """
        if self.takes_pixels:
            if self.tensor.layout == "NCHW":
                images = images.transpose(NHWC_TO_NCHW)
            return np.ascontiguousarray(images)
        if self.tensor.layout == "NHWC":
            images = images.transpose(NCHW_TO_NHWC)
        return stored_values(np.ascontiguousarray(images), self.tensor)


def image_input(inputs: Sequence[Tensor]) -> ImageInput | None:
    """The image that a file takes; None where it takes anything else, or more."""
    return None if why_no_image(inputs) else ImageInput(inputs[0])


def why_no_image(inputs: Sequence[Tensor]) -> str | None:
    """Why inputs are not one RGB image; None where they are."""
    if len(inputs) != 1:
        return f"{len(inputs)} inputs: {', '.join(map(shown_tensor, inputs))}"
    (tensor,) = inputs
    axis = CHANNEL_AXES.get(tensor.layout)
    if axis is None or tensor.shape[axis] != RGB:
        return f"its input is no RGB image: {shown_tensor(tensor)}"
    is_float = tensor.dtype.startswith("float")
    if not (is_float or tensor.dtype == "uint8" or tensor.quantization):
        return f"nobody knows what its input's integers stand for: {shown_tensor(tensor)}"
    return None


def task_of(
    inputs: Sequence[Tensor],
    outputs: Sequence[Tensor],
    metadata: Mapping[str, Any] | None = None,
) -> tuple[str | None, str | None]:
    """What a file is for, by its tensors; or None and, in a line, why it is no image classifier.

    One RGB image in and one output [N, K] is classification; outputs that are no arrays, such as
    the name of a class, do not count. What other files are for their metadata say.
    """
    if stated := _stated_task(metadata):
        return stated, None
    if reason := why_no_image(inputs):
        return None, f"no image classifier: {reason}"
    arrays = [tensor for tensor in outputs if tensor.dtype in DTYPES]
    if len(arrays) != 1:
        shown = ", ".join(map(shown_tensor, arrays))
        return None, f"no image classifier: {len(arrays)} outputs: {shown}"
    if arrays[0].layout != PER_CLASS:
        shape = shown_shape(arrays[0].shape)
        return None, f"no image classifier: its output is {shape}, not one value a class, [N, K]"
    return CLASSIFICATION, None


def _stated_task(metadata: Mapping[str, Any] | None) -> str | None:
    """What a file with maps is for, as its metadata state it."""
    model = (metadata or {}).get("model")
    head = model.get("dense_head") if isinstance(model, Mapping) else None
    task = head.get("task") if isinstance(head, Mapping) else None
    return task if isinstance(task, str) else None


def stated_preprocessing(path: Path, metadata: Mapping[str, Any] | None) -> Preprocessing | None:
    """What a file's metadata state of its preprocessing; None where they state nothing.

    Raises:
        ArtifactError: What they state is impossible.
    """
    fields = (metadata or {}).get("preprocessing")
    if fields is None:
        return None
    try:
        return Preprocessing.from_dict(fields)
    except (ConfigError, AttributeError, TypeError) as error:
        raise ArtifactError(f"{path}: its {error}") from error
