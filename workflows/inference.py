"""An exported model, opened to be used: batches in, arrays out; an image in, classes out."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..artifact.bundle import Bundle, open_bundle
from ..artifact.interface import OUTPUT_NAME
from ..artifact.manifest import FILE_NAME
from ..artifact.preprocessing import Preprocessing, to_rgb
from ..errors import ArtifactError, ConfigError, DataError, UsageError
from ..runtime.formats import format_of
from ..runtime.runner import Runner
from .arguments import check_count

AnyImage = str | Path | Image.Image | NDArray[np.uint8]
"""A file, an image of Pillow's, or uint8 [H, W] or [H, W, 3] of any size."""


@dataclasses.dataclass(frozen=True)
class Prediction:
    """A class that a model sees in an image.

    Attributes:
        label: The class's name, or its number where nobody gave it one.
        index: The class's number.
        probability: By softmax over all classes, in [0, 1].
    """

    label: str
    index: int
    probability: float


class DeployedModel:
    """An exported file, opened by the runtime of its format; a context manager.

    It runs in the caller's process: a damaged file that crashes its runtime ends that process.

    Args:
        path: The file.
        threads: Threads of the runtime.
        preprocessing: From an image to its input; what the file states if None.
        labels: Class names in order; those that the file states if None.

    Attributes:
        path: The file.
        preprocessing: From an image to its input; None where nobody states it.
        labels: Class names in order; None where nobody gave them.

    Raises:
        ArtifactError: It cannot be run.
        MissingDependencyError: Its runtime is not installed.
    """

    def __init__(
        self,
        path: Path,
        *,
        threads: int = 1,
        preprocessing: Preprocessing | None = None,
        labels: Sequence[str] | None = None,
    ) -> None:
        runtime = format_of(path)
        self.path = path
        self._runner: Runner | None = runtime.runner(path, threads)
        try:
            stated = runtime.metadata(path) or {}
            self.preprocessing = preprocessing or _stated_preprocessing(path, stated)
            self.labels = tuple(labels or stated.get("labels") or ()) or None
            self._check_fit()
        except BaseException:
            self.close()
            raise

    @property
    def input_size(self) -> tuple[int, int]:
        """Height and width of the input in pixels."""
        side = self._open_runner().input_size
        return side, side

    @property
    def num_classes(self) -> int:
        """Number of logits."""
        return self._open_runner().num_classes

    @property
    def runtime(self) -> str:
        """What computes the file, such as ``LiteRT``."""
        return self._open_runner().runtime

    def run(self, images: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """The file's outputs for images that are normalised already.

        Args:
            images: float32 [N, 3, H, W] for any N, as ``preprocessing(image)`` gives them.

        Returns:
            By name, ``logits`` float32 [N, K].

        Raises:
            UsageError: They are of another type or shape, or the model was closed.
        """
        runner = self._open_runner()
        height, width = self.input_size
        expected = f"float32 [N, 3, {height}, {width}]"
        if not isinstance(images, np.ndarray):
            raise UsageError(f"`images` must be an array {expected}, not {type(images).__name__}")
        if images.dtype != np.float32 or images.shape[1:] != (3, height, width):
            raise UsageError(
                f"`images` must be {expected}, normalised, not {images.dtype} {list(images.shape)}"
            )
        return {OUTPUT_NAME: runner.run(images)}

    def __call__(self, image: AnyImage, *, top: int = 5) -> list[Prediction]:
        """The classes of an image.

        Args:
            image: A file, an image of Pillow's, or uint8 [H, W] or [H, W, 3], of any size.
            top: How many classes.

        Returns:
            The most probable classes, the best first.

        Raises:
            DataError: The image cannot be read.
            UsageError: It is nothing of that, or the model was closed.
        """
        check_count("top", top)
        if self.preprocessing is None:
            raise UsageError(
                f"{self.path}: does not state how images become its input; give `preprocessing`"
            )
        (logits,) = self.run(self.preprocessing(read_image(image))[None])[OUTPUT_NAME]
        probabilities = softmax(logits)
        order = np.argsort(-probabilities, kind="stable")[:top]
        return [
            Prediction(
                label=self.labels[index] if self.labels else str(index),
                index=int(index),
                probability=float(probabilities[index]),
            )
            for index in order
        ]

    def close(self) -> None:
        """Frees the runtime's memory; the model cannot be used afterwards."""
        if self._runner is not None:
            self._runner.close()
            self._runner = None

    def __enter__(self) -> DeployedModel:
        self._open_runner()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _open_runner(self) -> Runner:
        if self._runner is None:
            raise UsageError(f"{self.path}: the model was closed; open it again")
        return self._runner

    def _check_fit(self) -> None:
        """Refuses preprocessing and labels of another model."""
        side = self._open_runner().input_size
        if self.preprocessing and self.preprocessing.size != side:
            raise UsageError(
                f"{self.path}: takes {side} pixels a side, but `preprocessing` gives"
                f" {self.preprocessing.size}"
            )
        if self.labels and len(self.labels) != self.num_classes:
            raise UsageError(
                f"{self.path}: has {self.num_classes} classes, but `labels` are {len(self.labels)}"
            )


def open_model(
    source: str | Path | Bundle,
    artifact: str | None = None,
    *,
    threads: int = 1,
    preprocessing: Preprocessing | None = None,
    labels: Sequence[str] | None = None,
) -> DeployedModel:
    """Opens an exported file to be used in this process; torch is not needed.

    Args:
        source: A file, a bundle or its folder.
        artifact: Of a bundle, which file: ``tflite/int8``, a format, a precision or a name. May be
            left out where there is but one.
        threads: Threads of the runtime.
        preprocessing: From an image to its input, instead of what the file states.
        labels: Class names in order, instead of those that the file states.

    Raises:
        ArtifactError: The file cannot be run here.
        ManifestError: The bundle is damaged.
        MissingDependencyError: The runtime is not installed.
        UsageError: A parameter does not fit the file, or several files do.
    """
    check_count("threads", threads)
    if not isinstance(source, str | Path | Bundle):
        raise UsageError(
            f"`source` must be a file, a bundle or its folder, not {type(source).__name__}"
        )
    if isinstance(source, str | Path):
        path = Path(source)
        is_bundle = path.is_dir() and (path / FILE_NAME).is_file()
        if not is_bundle:
            if artifact is not None:
                raise UsageError(f"{path}: is one file; `artifact` chooses one of a bundle")
            return DeployedModel(path, threads=threads, preprocessing=preprocessing, labels=labels)
        source = open_bundle(path)
    return DeployedModel(
        source.path(artifact),
        threads=threads,
        preprocessing=preprocessing or source.preprocessing,
        labels=labels or source.labels,
    )


def read_image(image: AnyImage) -> Image.Image:
    """An upright 8-bit RGB image.

    Args:
        image: A file, an image of Pillow's, or uint8 [H, W] or [H, W, 3].

    Raises:
        DataError: It cannot be read.
        UsageError: It is nothing of that.
    """
    try:
        if isinstance(image, str | Path):
            with Image.open(image) as opened:
                return to_rgb(opened)
        if isinstance(image, Image.Image):
            return to_rgb(image)
        if isinstance(image, np.ndarray):
            return to_rgb(Image.fromarray(_checked_pixels(image)))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(f"`image` cannot be read ({error})") from error
    raise UsageError(
        "`image` must be a file, an image of Pillow's or an array of uint8, not"
        f" {type(image).__name__}"
    )


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Probabilities [..., K] of logits [..., K]."""
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


def _checked_pixels(image: NDArray[Any]) -> NDArray[np.uint8]:
    is_image = image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)
    if image.dtype != np.uint8 or not is_image or not image.size:
        raise UsageError(
            f"`image` must be uint8 [H, W] or [H, W, 3], not {image.dtype} {list(image.shape)}"
        )
    return np.ascontiguousarray(image)


def _stated_preprocessing(path: Path, metadata: Mapping[str, Any]) -> Preprocessing | None:
    """What a file states of its preprocessing; None where it states nothing."""
    fields = metadata.get("preprocessing")
    if fields is None:
        return None
    try:
        return Preprocessing.from_dict(fields)
    except (ConfigError, AttributeError) as error:
        raise ArtifactError(f"{path}: its {error}") from error
