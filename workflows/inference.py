"""An exported model, opened to be used: batches in, arrays out; an image in, classes out."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..artifact.bundle import Bundle, open_bundle
from ..artifact.image_file import opened_image
from ..artifact.manifest import FILE_NAME
from ..artifact.outputs import Outputs
from ..artifact.preprocessing import Preprocessing, to_rgb
from ..artifact.size import shown_size, sides_of
from ..errors import ArtifactError, DataError, UsageError
from ..runtime.formats import format_of
from ..runtime.images import stated_classes, stated_maps, stated_preprocessing
from ..runtime.images import task_of as stated_task
from ..runtime.runner import Runner
from ..tasks.registry import task_of
from ..tasks.task import Task
from .arguments import check_count

Results = Any
"""What a task gives for an image: a sequence of :class:`Prediction`, :class:`DetectedObjects` or a
:class:`SegmentedImage`."""

AnyImage = str | Path | Image.Image | NDArray[np.uint8]
"""A file, an image of Pillow's, or uint8 [H, W] or [H, W, 3] of any size."""


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
        self._lock = threading.RLock()
        self._runner: Runner | None = runtime.runner(path, threads)
        try:
            stated = runtime.metadata(path) or {}
            self._stated = stated
            self.preprocessing = preprocessing or stated_preprocessing(path, stated)
            self.labels = tuple(labels or stated.get("labels") or ()) or None
            self._check_fit()
        except BaseException:
            self.close()
            raise

    @property
    def input_size(self) -> tuple[int, int]:
        """Height and width of the input in pixels."""
        runner = self._open_runner()
        return runner.height, runner.width

    @property
    def takes_pixels(self) -> bool:
        """Whether the file takes pixels, and normalises them itself."""
        return self._open_runner().takes_pixels

    @property
    def num_classes(self) -> int:
        """Number of classes.

        Raises:
            ArtifactError: Nobody states it.
        """
        if stated_maps(self._stated):
            return stated_classes(self.path, self._stated)
        return self._open_runner().num_classes

    @property
    def task(self) -> Task:
        """What the file is for.

        Raises:
            ArtifactError: That is not known.
        """
        runner = self._open_runner()
        name, reason = stated_task(runner.inputs, runner.outputs, self._stated)
        if name is None:
            raise ArtifactError(f"{self.path}: {reason}")
        return task_of(name)

    @property
    def runtime(self) -> str:
        """What computes the file, such as ``LiteRT``."""
        return self._open_runner().runtime

    def run(self, images: NDArray[Any]) -> Outputs:
        """The file's outputs for images at its size.

        Args:
            images: For any N, normalised float32 [N, 3, H, W], as ``preprocessing(image)`` gives
                them; or uint8 [N, H, W, 3] where the file takes pixels, see
                :attr:`takes_pixels`.

        Returns:
            By name, float32: ``logits`` [N, K], ``probabilities`` where the file gives these, or
            a detector's or segmenter's maps [N, C, H, W].

        Raises:
            UsageError: They are of another type or shape, or the model was closed.
        """
        runner = self._open_runner()
        expected = "uint8" if runner.takes_pixels else "normalised float32"
        expected += f" [N, {', '.join(map(str, runner.shape))}]"
        if not isinstance(images, np.ndarray):
            raise UsageError(f"`images` must be an array {expected}, not {type(images).__name__}")
        try:
            with self._turn() as runner:
                return runner.run(images)
        except ValueError as error:
            raise UsageError(
                f"`images` must be {expected}, not {images.dtype} {list(images.shape)}"
            ) from error

    def __call__(self, image: AnyImage, *, top: int | None = None) -> Results:
        """What the file finds in an image.

        Args:
            image: A file, an image of Pillow's, or uint8 [H, W] or [H, W, 3], of any size.
            top: How many results at most; 5 classes or 100 objects by default.

        Returns:
            Of a classifier its most probable classes, of a detector objects, of a segmenter the
            classes of the image's pixels; the best first.

        Raises:
            DataError: The image cannot be read.
            UsageError: It is nothing of that, or the model was closed.
        """
        if top is not None:
            check_count("top", top)
        if self.preprocessing is None:
            raise UsageError(
                f"{self.path}: does not state how images become its input; give `preprocessing`"
            )
        read = read_image(image)
        pixels = self.preprocessing.pixels(read)[None]
        with self._turn() as runner:
            outputs = runner.run_pixels(pixels, self.preprocessing)
        placement = self.preprocessing.placement(read.height, read.width)
        return self.task.decode(outputs, placement, self.labels, top)

    def draw(self, image: AnyImage, results: Results) -> Image.Image:
        """A copy of an image that shows what was found in it.

        Args:
            image: As it was given to the model.
            results: What the model gave for it.

        Raises:
            DataError: The image cannot be read.
            UsageError: It is none.
        """
        return self.task.draw(read_image(image), results)

    def close(self) -> None:
        """Frees the runtime's memory; the model cannot be used afterwards."""
        with self._lock:
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

    @contextlib.contextmanager
    def _turn(self) -> Iterator[Runner]:
        """The runner, for this thread alone: it has one set of inputs and outputs."""
        with self._lock:
            yield self._open_runner()

    def _open_runner(self) -> Runner:
        if self._runner is None:
            raise UsageError(f"{self.path}: the model was closed; open it again")
        return self._runner

    def _check_fit(self) -> None:
        """Refuses preprocessing and labels of another model."""
        size = self.input_size
        if self.preprocessing and sides_of(self.preprocessing.size) != size:
            raise UsageError(
                f"{self.path}: takes {shown_size(size)} pixels, but `preprocessing` gives"
                f" {shown_size(self.preprocessing.size)}"
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
    """Opens an exported file to be used in this process, which a damaged one can end.

    Torch is not needed. ``lowformer-verify`` runs files in a process of their own.

    Several threads may open models, and use one: its inferences are done one after the other, so
    that a model for each thread is quicker. What the process prints while a file is opened, which
    runtimes do too, is dropped.

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
    model = DeployedModel(
        source.path(artifact),
        threads=threads,
        preprocessing=preprocessing or source.preprocessing,
        labels=labels or source.labels,
    )
    if source.is_replaced:
        model.close()
        source.check_not_replaced()
    return model


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
            with opened_image(image) as opened:
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


def _checked_pixels(image: NDArray[Any]) -> NDArray[np.uint8]:
    is_image = image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)
    if image.dtype != np.uint8 or not is_image or not image.size:
        raise UsageError(
            f"`image` must be uint8 [H, W] or [H, W, 3], not {image.dtype} {list(image.shape)}"
        )
    return np.ascontiguousarray(image)
