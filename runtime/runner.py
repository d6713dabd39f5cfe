"""What every runtime's runner can do."""

from __future__ import annotations

import abc
import functools
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..artifact.manifest import Tensor
from ..artifact.outputs import Outputs, joined, part_of
from ..artifact.pixel_file import Pixels
from ..artifact.preprocessing import Preprocessing
from ..errors import ArtifactError
from ..progress import Advance
from .images import (
    NHWC_TO_NCHW,
    PER_CLASS,
    ImageInput,
    image_input,
    stated_maps,
    stated_preprocessing,
    why_no_image,
)
from .tensor_values import (
    check_dtypes,
    check_sizes,
    fits,
    fixed_shape,
    noise,
    real_values,
    shown_shape,
    shown_tensor,
)

CHUNK = 64
"""Images that are normalised at a time."""


class Runner(abc.ABC):
    """Runs one file; a context manager.

    There is no hidden warm-up, and the number of threads is what the caller said. Every file is
    run by its own tensors: :meth:`set_inputs`, :meth:`invoke`, :meth:`read_outputs`. Files that
    take one RGB image are run by images besides: :meth:`run`, :meth:`run_pixels`; others refuse
    that in one line.

    Args:
        path: The file.
        inputs: Its inputs.
        outputs: Its outputs.
        threads: Threads that the runtime uses.

    Attributes:
        path: The file.
        inputs: Its inputs in its order, in its own types and layouts.
        outputs: Its outputs likewise.
        image: Its input, where that is one RGB image.
        threads: Threads that the runtime uses.
        runtime: What computes the file, such as ``LiteRT``.
        is_stand_in: Whether that is not what phones have, so that its times say nothing.

    Raises:
        ArtifactError: A tensor is of a type that is not run.
    """

    runtime: ClassVar[str]
    is_stand_in: ClassVar[bool] = False

    def __init__(
        self, path: Path, inputs: Sequence[Tensor], outputs: Sequence[Tensor], threads: int
    ) -> None:
        check_dtypes(path, inputs, outputs)
        check_sizes(path, (*inputs, *outputs))
        self.path = path
        self.inputs, self.outputs = tuple(inputs), tuple(outputs)
        self.threads = threads
        self.image: ImageInput | None = image_input(self.inputs)

    @abc.abstractmethod
    def metadata(self) -> dict[str, Any] | None:
        """What ``lowformer-export`` put into the file, or None.

        Raises:
            ArtifactError: It is damaged.
        """

    @abc.abstractmethod
    def _set_inputs(self, values: Sequence[NDArray[Any]]) -> None:
        """Sets the next inference's inputs, checked already and contiguous."""

    @abc.abstractmethod
    def invoke(self) -> None:
        """Runs one inference on the inputs that were set."""

    @abc.abstractmethod
    def read_outputs(self) -> list[NDArray[Any]]:
        """The outputs of the last inference, in the file's own types, layouts and order."""

    @abc.abstractmethod
    def close(self) -> None:
        """Frees the runtime's memory; the runner cannot be used afterwards."""

    def set_inputs(self, values: Sequence[NDArray[Any]]) -> None:
        """Sets the next inference's inputs.

        Args:
            values: In the file's own types, layouts and order; dimensions that it leaves open may
                have any size.

        Raises:
            ValueError: They are of other types or shapes, or another number.
        """
        if len(values) != len(self.inputs):
            raise ValueError(f"{self.path} takes {len(self.inputs)} inputs, not {len(values)}")
        for tensor, value in zip(self.inputs, values, strict=True):
            if value.dtype != np.dtype(tensor.dtype) or not fits(tensor, value.shape):
                raise ValueError(
                    f"input {tensor.name} must be {tensor.dtype} {shown_shape(tensor.shape)}, not"
                    f" {value.dtype} {list(value.shape)}"
                )
        self._set_inputs([np.ascontiguousarray(value) for value in values])

    def set_noise(self) -> None:
        """Sets inputs of ordinary values, the same each time, for runs that are only timed.

        See :func:`.tensor_values.noise`.
        """
        self.set_inputs(noise(self.inputs))

    def real_outputs(self) -> Outputs:
        """What the outputs of the last inference stand for: by name, dequantized float32.

        Maps, where the file states that it gives some, are [N, C, H, W] whatever its layout.
        """
        return {
            tensor.name: self._channels_first(tensor, real_values(values, tensor))
            for tensor, values in zip(self.outputs, self.read_outputs(), strict=True)
        }

    def _channels_first(self, tensor: Tensor, values: NDArray[Any]) -> NDArray[np.float32]:
        if tensor.layout == "NHWC" and tensor.name in self._maps:
            values = values.transpose(NHWC_TO_NCHW)
        return values.astype(np.float32, copy=False)

    @functools.cached_property
    def _maps(self) -> tuple[str, ...]:
        """Names of outputs that are maps."""
        return stated_maps(self.metadata())

    def output(self) -> NDArray[np.float32]:
        """The first output of the last inference, dequantized float32."""
        return self.real_outputs()[self.output_name]

    @property
    def output_name(self) -> str:
        """What the file calls its first output."""
        return self.outputs[0].name

    @property
    def batch(self) -> int:
        """Images per inference; 1 where their number is left open, or where it takes none."""
        return self.image.batch if self.image else 1

    @property
    def height(self) -> int:
        """Of the image in pixels.

        Raises:
            ArtifactError: It takes no image.
        """
        return self.taken_image().height

    @property
    def width(self) -> int:
        """Of the image in pixels.

        Raises:
            ArtifactError: It takes no image.
        """
        return self.taken_image().width

    @property
    def takes_pixels(self) -> bool:
        """Whether it takes pixels as they are read, in place of normalised values."""
        return self.image is not None and self.image.takes_pixels

    @property
    def num_classes(self) -> int:
        """Number of values per image in the first output.

        Raises:
            ArtifactError: That is not one value a class.
        """
        output = self.outputs[0]
        if output.layout != PER_CLASS:
            raise ArtifactError(
                f"{self.path}: its output {shown_tensor(output)} is not one value a class, [N, K]"
            )
        return fixed_shape(output)[1]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of one image, as :meth:`set_input` takes it.

        Raises:
            ArtifactError: It takes no image.
        """
        if self.takes_pixels:
            return self.height, self.width, 3
        return 3, self.height, self.width

    def set_input(self, images: NDArray[Any]) -> None:
        """Sets the next inference's input.

        Args:
            images: Normalised float32 [batch, 3, H, W], or uint8 [batch, H, W, 3] where the file
                takes pixels; it also takes normalised ones where it states its preprocessing.

        Raises:
            ArtifactError: It takes no image.
            ValueError: They are of another type or shape.
        """
        self.set_inputs([self.stored(images)])

    def stored(self, images: NDArray[Any]) -> NDArray[Any]:
        """Images as :meth:`set_input` takes them, in the file's own type and layout.

        Raises:
            ArtifactError: It takes no image.
            ValueError: They are of another type or shape.
        """
        return self.taken_image().stored(self._accepted(images))

    def run(self, images: NDArray[Any], advance: Advance = lambda count: None) -> Outputs:
        """Outputs for any number of images.

        Args:
            images: Normalised float32 [N, 3, H, W], or uint8 [N, H, W, 3] where the file takes
                pixels. Where it does and states its preprocessing, normalised images become
                pixels again.
            advance: Is told how many images are done, after each inference.

        Returns:
            By name, float32 [N, ...]. Where N is not a multiple of the file's batch, the last
            inference is filled up with zeros, which do not show in the result.

        Raises:
            ArtifactError: The file takes no image, or an output has not one part for each.
            ValueError: The images are of another type or shape.
        """
        images = self._accepted(images)
        stored = self.taken_image().stored
        parts = [self._no_outputs()] if len(images) == 0 else []
        for start in range(0, len(images), self.batch):
            part = images[start : start + self.batch]
            self.set_inputs([stored(self._filled(part))])
            self.invoke()
            parts.append(part_of(self._outputs_of_batch(), slice(len(part))))
            advance(len(part))
        return joined(parts)

    def _no_outputs(self) -> Outputs:
        """What no image gives."""
        return {
            tensor.name: self._channels_first(
                tensor, np.empty((0, *fixed_shape(tensor)[1:]), np.float32)
            )
            for tensor in self.outputs
        }

    def _outputs_of_batch(self) -> Outputs:
        """The outputs of the last inference, a part for each image.

        Raises:
            ArtifactError: An output has another number of parts.
        """
        outputs = self.real_outputs()
        for name, values in outputs.items():
            if values.ndim == 0 or len(values) != self.batch:
                raise ArtifactError(
                    f"{self.path}: its output {name} is {list(values.shape)} for"
                    f" {self.batch} image(s), not one part for each"
                )
        return outputs

    def prepared(self, pixels: NDArray[np.uint8], preprocessing: Preprocessing) -> NDArray[Any]:
        """What the file takes for images at its size, uint8 [N, H, W, 3]."""
        return pixels if self.takes_pixels else preprocessing.normalise(pixels)

    def run_pixels(
        self,
        pixels: Pixels,
        preprocessing: Preprocessing,
        advance: Advance = lambda count: None,
    ) -> Outputs:
        """Outputs for any number of images that are not normalised yet.

        Args:
            pixels: uint8 [N, H, W, 3], at the file's size.
            preprocessing: Normalises them where the file does not, a few at a time, so that
                memory stays bounded.
            advance: Is told how many images are done, after each inference.

        Returns:
            By name, float32 [N, ...].

        Raises:
            ArtifactError: The file takes no image, or an output has not one part for each.
        """
        self.taken_image()
        ran = []
        for start in range(0, max(len(pixels), 1), CHUNK):
            part = pixels[start : start + CHUNK]
            ran.append(self.run(self.prepared(part, preprocessing), advance))
        return joined(ran)

    def taken_image(self) -> ImageInput:
        """Its input, which is one RGB image.

        Raises:
            ArtifactError: It takes anything else.
        """
        if self.image is None:
            raise ArtifactError(f"{self.path}: is not run by images; {why_no_image(self.inputs)}")
        return self.image

    def _accepted(self, images: NDArray[Any]) -> NDArray[Any]:
        """Images [N, ...] as the file takes them, from normalised ones too where it takes pixels.

        Raises:
            ArtifactError: It takes no image, or pixels without stating its preprocessing.
            ValueError: They are of another type or shape.
        """
        image = self.taken_image()
        if image.takes_pixels and images.dtype == np.float32 and images.shape[1:2] == (3,):
            preprocessing = stated_preprocessing(self.path, self.metadata())
            if preprocessing is None:
                raise ArtifactError(
                    f"{self.path}: takes pixels and does not state its preprocessing; give uint8"
                    f" [N, {', '.join(map(str, self.shape))}]"
                )
            images = preprocessing.denormalise(images)
        dtype = "uint8" if image.takes_pixels else "float32"
        if images.dtype != dtype or not image.takes(images.shape):
            sides = ", ".join(map(str, self.shape))
            raise ValueError(
                f"images must be {dtype} [N, {sides}], not {images.dtype} {list(images.shape)}"
            )
        return images

    def _filled(self, images: NDArray[Any]) -> NDArray[Any]:
        """Images with zeros behind them up to the batch."""
        missing = self.batch - len(images)
        if missing <= 0:
            return images[: self.batch]
        return np.concatenate([images, np.zeros((missing, *images.shape[1:]), images.dtype)])

    def __enter__(self) -> Runner:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
