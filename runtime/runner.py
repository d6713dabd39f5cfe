"""What every runtime's runner can do."""

from __future__ import annotations

import abc
from types import TracebackType
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..artifact.preprocessing import Preprocessing
from ..progress import Advance

CHUNK = 64
"""Images that are normalised at a time."""


class Runner(abc.ABC):
    """Runs one artifact; a context manager.

    There is no hidden warm-up, and the number of threads is what the caller said.

    Attributes:
        batch: Images per inference, fixed by the artifact.
        input_size: Side of the square input in pixels.
        num_classes: Number of logits.
        threads: Threads that the runtime uses.
        runtime: What computes the artifact, such as ``LiteRT``.
        is_stand_in: Whether that is not what phones have, so that its times say nothing.
    """

    runtime: ClassVar[str]
    is_stand_in: ClassVar[bool] = False
    batch: int
    input_size: int
    num_classes: int
    threads: int

    @abc.abstractmethod
    def set_input(self, images: NDArray[np.float32]) -> None:
        """Sets the next inference's input, normalised float32 [batch, 3, H, W]."""

    @abc.abstractmethod
    def invoke(self) -> None:
        """Runs one inference on the input that was set."""

    @abc.abstractmethod
    def output(self) -> NDArray[np.float32]:
        """Logits float32 [batch, K] of the last inference."""

    @abc.abstractmethod
    def close(self) -> None:
        """Frees the runtime's memory; the runner cannot be used afterwards."""

    def set_noise(self) -> None:
        """Sets an input of ordinary values, the same each time, for runs that are only timed."""
        shape = (self.batch, 3, self.input_size, self.input_size)
        self.set_input(np.random.default_rng(0).standard_normal(shape).astype(np.float32))

    def run(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Logits of any number of images.

        Args:
            images: Normalised float32 [N, 3, H, W].

        Returns:
            float32 [N, K]. Where N is not a multiple of the artifact's batch, the last
            inference is filled up with zeros, which do not show in the result.

        Raises:
            ValueError: The images are of another shape.
        """
        expected = (3, self.input_size, self.input_size)
        if images.ndim != 4 or images.shape[1:] != expected:
            raise ValueError(
                f"images must be [N, 3, {self.input_size}, {self.input_size}],"
                f" not {list(images.shape)}"
            )
        logits = np.empty((len(images), self.num_classes), np.float32)
        for start in range(0, len(images), self.batch):
            part = images[start : start + self.batch]
            missing = self.batch - len(part)
            if missing:
                part = np.concatenate([part, np.zeros((missing, *expected), np.float32)])
            self.set_input(part)
            self.invoke()
            logits[start : start + self.batch] = self.output()[: self.batch - missing]
        return logits

    def run_pixels(
        self,
        pixels: NDArray[np.uint8],
        preprocessing: Preprocessing,
        advance: Advance = lambda count: None,
    ) -> NDArray[np.float32]:
        """Logits of any number of images that are not normalised yet.

        Args:
            pixels: uint8 [N, H, W, 3], resized and cropped.
            preprocessing: Normalises them, a few at a time, so that memory stays bounded.
            advance: Is told how many images are done.

        Returns:
            float32 [N, K].
        """
        logits = np.empty((len(pixels), self.num_classes), np.float32)
        for start in range(0, len(pixels), CHUNK):
            part = pixels[start : start + CHUNK]
            logits[start : start + CHUNK] = self.run(preprocessing.normalise(part))
            advance(len(part))
        return logits

    def __enter__(self) -> Runner:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
