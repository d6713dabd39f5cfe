"""Which images a model is calibrated on, and which its files are judged by."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from .. import demo
from ..artifact.annotations import Annotation
from ..artifact.bundle import Bundle
from ..artifact.interface import CLASSIFICATION
from ..artifact.preprocessing import Preprocessing
from ..artifact.samples import Samples
from ..calibration.data.decoding import decode
from ..calibration.data.image_set import ImageSet
from ..calibration.data.images import find_images, images_in_memory, listed_images
from ..calibration.data.label_table import read_label_table
from ..errors import MissingDependencyError, UsageError
from ..progress import QUIET, Progress
from ..targets.side_by_side import TOGETHER
from ..tasks.average_precision import check_average_precision
from ..tasks.names import DETECTION
from .annotated_data import CountsClasses, annotated_images, check_reduction
from .arguments import check_count
from .bundled import bundled_calibration, bundled_checkpoint, bundled_scenes, named_images
from .defaults import OUTPUT_BYTES

if TYPE_CHECKING:
    from ..models.loading import LoadedModel


class TakesImages(CountsClasses, Protocol):
    """A model or a bundle, as far as images are made ready for it."""

    @property
    def preprocessing(self) -> Preprocessing:
        """From an image to its input."""
        ...

    @property
    def digest(self) -> str | None:
        """SHA-256 in hex of its weights; None of random ones."""
        ...

    @property
    def output_bytes(self) -> int:
        """Of its outputs for one image, in float32."""
        ...


Source = str | Path | Sequence[str | Path] | NDArray[np.uint8]
"""Where images come from: a folder, a ``.tar``, ``.zip``, ``.npz`` or ``.npy`` file, files, or
uint8 [N, H, W, 3] of any size."""

Labels = str | Path | Sequence[int] | NDArray[np.int64] | Sequence[Annotation]
"""What is known of images: a file, a folder, or a value for each."""


def open_images(
    source: Source,
    model: TakesImages,
    *,
    count: int | None = None,
    labels: Labels | None = None,
    reduce_zero_label: bool | None = None,
    seed: int = 0,
    strict: bool = False,
    progress: Progress = QUIET,
) -> Samples:
    """Reads images, and makes them ready for a model.

    Args:
        source: A folder, an archive, an ``.npz`` or ``.npy`` file, a list of image files, or an
            array uint8 [N, H, W] or [N, H, W, 3]. Of a classifier, images that lie in a folder for
            each class are labelled by it. Of a detector, VOC's folders are taken as they are; of a
            segmenter too, and folders ``images`` and ``annotations``.
        model: The model or the bundle, whose preprocessing and classes are taken.
        count: At most how many images, drawn without repetition; all if None.
        labels: Of a classifier, a file with the images' names and classes, see
            :func:`read_label_table`. Of a detector, COCO's JSON or a folder of VOC's XML files, see
            :func:`images_with_objects`. Of a segmenter, a folder of label maps, see
            :func:`images_with_maps`. Of an array or a list of files also a value for each: a class
            number, :class:`ObjectAnnotations`, or a label map.
        reduce_zero_label: Whether 0 in label maps is of no class, and the others count from 1, as
            in ADE20K.
        seed: Of the draw.
        strict: Whether an image that cannot be read is an error; otherwise it is left out, and
            ``progress`` is told.
        progress: Is told about each step.

    Returns:
        The images at the model's input size, with their classes or annotations where these are
        known.

    Raises:
        DataError: Nothing usable is there, or labels are no classes of the model.
        UsageError: A parameter is of the wrong type.
    """
    if count is not None:
        check_count("count", count)
    check_reduction(reduce_zero_label, model.task_name)
    images = _opened(source, model, labels, reduce_zero_label)
    choice = ImageChoice(None, len(images) if count is None else count, seed=seed, strict=strict)
    return _read(images, choice, "images", model.preprocessing, progress)


def _opened(
    source: Source, model: TakesImages, labels: Labels | None, reduce_zero_label: bool | None
) -> ImageSet:
    """Images that are not decoded yet, with what is known of them."""
    if model.task_name != CLASSIFICATION:
        found = annotated_images(source, model, labels, reduce_zero_label)
        return _image_set(source, None).without_labels() if found is None else found
    images = _image_set(source, labels)
    if isinstance(labels, str | Path):
        table = read_label_table(Path(labels))
        return images.with_label_table(table, model.labels, model.num_classes)
    return images.with_labels_of(model.labels, model.num_classes)


def _image_set(source: Source, labels: Labels | None) -> ImageSet:
    """Images that are not decoded yet, with the class numbers that were given."""
    numbers = None if isinstance(labels, str | Path) else labels
    if isinstance(source, np.ndarray):
        return images_in_memory(source, numbers)
    if isinstance(source, str | Path):
        if numbers is not None:
            raise UsageError(
                "`labels` as numbers are for an array or a list of files; give a CSV file"
            )
        return named_images(Path(source))
    if isinstance(source, Sequence) and all(isinstance(path, str | Path) for path in source):
        return listed_images([Path(path) for path in source], numbers)
    raise UsageError(
        "`source` must be a folder, an archive, an array file, a list of image files or an array"
        f" of uint8, not {type(source).__name__}"
    )


@dataclasses.dataclass(frozen=True)
class ImageChoice:
    """Images that somebody chose.

    Attributes:
        path: A folder, an archive or an ``.npz``; the bundled images if None.
        count: At most how many of them.
        labels: What is known of them, in place of folders, see :func:`open_images`.
        reduce_zero_label: Likewise.
        is_usual: Whether nobody asked for this count, so that there may be fewer of a model with
            large outputs.
        seed: Of the choice among them.
        strict: Whether one that cannot be read is an error.
    """

    path: Path | None
    count: int
    labels: Path | None = None
    seed: int = 0
    strict: bool = False
    reduce_zero_label: bool | None = None
    is_usual: bool = False


def calibration_images(
    choice: ImageChoice, loaded: LoadedModel, progress: Progress, *, needed: bool
) -> Samples:
    """Images for activation ranges; the bundled ones where those are apt.

    Args:
        choice: What was chosen.
        loaded: The model.
        progress: Is told about reading them.
        needed: Whether ranges are taken from them, so that they must be like the model's own.

    Raises:
        UsageError: They must be like the model's own, and none were given.
        DataError: The images cannot be read.
    """
    if choice.path:
        images = find_images(choice.path)
    elif needed and not (loaded.is_random or bundled_checkpoint(loaded.digest)):
        raise UsageError(
            "activation ranges need images like those that the model will see: give"
            " `calibration` (an export can also take `ranges` of an earlier one, or be in"
            " int8-dynamic)"
        )
    elif bundled_checkpoint(loaded.digest):
        images = bundled_calibration(loaded)
    else:
        images = named_images(demo.CALIBRATION)
    images = images.without_labels()
    return _read(images, choice, "calibration images", loaded.preprocessing, progress)


def evaluation_images(
    choice: ImageChoice, loaded: LoadedModel, calibration: Samples, progress: Progress
) -> Samples:
    """Images for parity and accuracy; the calibration images where there are no others.

    Raises:
        UsageError: Labels were given without images.
        DataError: The images or their labels cannot be read.
    """
    if choice.labels and not choice.path:
        raise UsageError("`evaluation_labels` belongs to `evaluation`; give both")
    if not choice.path and not bundled_checkpoint(loaded.digest):
        check_reduction(choice.reduce_zero_label, loaded.task_name, has_maps=False)
        if loaded.task_name != CLASSIFICATION:
            count = _bounded(choice, loaded, len(calibration), progress).count
            calibration = calibration.first(count)
        return dataclasses.replace(calibration, labels=None)
    images = _labelled(choice, loaded, progress)
    choice = _bounded(choice, loaded, len(images), progress)
    return _read(images, choice, "evaluation images", loaded.preprocessing, progress)


def bundle_images(choice: ImageChoice, bundle: Bundle, progress: Progress) -> Samples:
    """The images that a bundle's files are verified on; the bundled ones where none were chosen.

    Raises:
        DataError: The images or their labels cannot be read.
    """
    images = _labelled(choice, bundle, progress)
    choice = _bounded(choice, bundle, len(images), progress)
    return _read(images, choice, "images", bundle.preprocessing, progress)


def _bounded(
    choice: ImageChoice, model: TakesImages, available: int, progress: Progress
) -> ImageChoice:
    """A choice of no more images than the model's outputs for them are kept in memory."""
    fitting = max(OUTPUT_BYTES // model.output_bytes, 1)
    count = min(choice.count, available)
    if not choice.is_usual or count <= fitting:
        return choice
    progress.note(
        f"takes {fitting} of {available} images, whose outputs are"
        f" {fitting * model.output_bytes / 1024**2:.0f} MiB; give `evaluation_images` for others"
    )
    return dataclasses.replace(choice, count=fitting)


def _labelled(choice: ImageChoice, model: TakesImages, progress: Progress) -> ImageSet:
    """The chosen images, or the bundled ones, with their classes where they are known."""
    check_reduction(choice.reduce_zero_label, model.task_name)
    if model.task_name != CLASSIFICATION:
        return _annotated(choice, model, progress)
    images = find_images(choice.path) if choice.path else named_images(demo.EVALUATION)
    if choice.labels:
        table = read_label_table(choice.labels)
        return images.with_label_table(table, model.labels, model.num_classes)
    labelled = images.with_labels_of(model.labels, model.num_classes)
    if labelled.labels is None:
        progress.note(
            f"no top-1: {images.name} have no labels; lay them in a folder for each class, or give"
            " `evaluation_labels`"
        )
    return labelled


def _annotated(choice: ImageChoice, model: TakesImages, progress: Progress) -> ImageSet:
    """The chosen images with their annotations, or else images alone."""
    if choice.path is None:
        check_reduction(choice.reduce_zero_label, model.task_name, has_maps=False)
        if choice.labels:
            raise UsageError("`evaluation_labels` belongs to `evaluation`; give both")
        if bundled_checkpoint(model.digest):
            return _bundled_scenes(model, progress)
        return named_images(demo.EVALUATION).without_labels()
    found = annotated_images(choice.path, model, choice.labels, choice.reduce_zero_label)
    if found is not None:
        if model.task_name == DETECTION:
            check_average_precision()
        return found
    images = find_images(choice.path).without_labels()
    progress.note(
        f"{images.name} have no annotations, so accuracy is not measured; give them as"
        " `evaluation_labels`"
    )
    return images


def _bundled_scenes(model: TakesImages, progress: Progress) -> ImageSet:
    """The scenes that a bundled model is judged by, as far as that can be measured here."""
    scenes = bundled_scenes(model)
    if model.task_name == DETECTION:
        try:
            check_average_precision()
        except MissingDependencyError as error:
            progress.note(f"no AP: {error}")
            return dataclasses.replace(scenes, annotations=None)
    return scenes


def _read(
    images: ImageSet,
    choice: ImageChoice,
    purpose: str,
    preprocessing: Preprocessing,
    progress: Progress,
) -> Samples:
    for line in images.notes:
        progress.note(line)
    images = images.sample(choice.count, choice.seed)
    told: list[str] = []
    with progress.step(f"reading {purpose}", len(images)) as advance:
        decoded = decode(
            images,
            preprocessing,
            strict=choice.strict,
            on_image=lambda: advance(1),
            on_note=told.append,
        )
    for line in told:
        progress.note(line)
    for line in decoded.skipped:
        progress.note(f"skipped {line}")
    if decoded.skipped:
        progress.note(f"{decoded.name}: used {len(decoded)} images, skipped {len(decoded.skipped)}")
    return decoded


@dataclasses.dataclass(frozen=True)
class ImagePart:
    """One of several parts of a data set, which follow each other.

    Attributes:
        number: Which, from 0 on.
        of: How many there are.
    """

    number: int
    of: int

    def among(self, count: int) -> NDArray[np.intp]:
        """The numbers of its images, of so many; none where there are fewer images than parts.

        Parts begin at multiples of :data:`.side_by_side.TOGETHER`, so that files of any batch are
        run on the same batches as they would be on all images at once.
        """
        start, stop = (
            count if end == self.of else count * end // self.of // TOGETHER * TOGETHER
            for end in (self.number, self.number + 1)
        )
        return np.arange(start, stop)


def evaluation_part(
    choice: ImageChoice,
    loaded: LoadedModel,
    calibration: ImageChoice,
    part: ImagePart,
    progress: Progress,
) -> Samples | None:
    """A part of the images that :func:`evaluation_images` gives; no other image is decoded.

    Args:
        choice: What was chosen.
        loaded: The model.
        calibration: What is taken where there are no other images.
        part: Which part.
        progress: Is told about reading them.

    Returns:
        None where the part has no image.

    Raises:
        DataError: The images or their labels cannot be read.
    """
    if not choice.path and not bundled_checkpoint(loaded.digest):
        few = calibration_images(calibration, loaded, progress, needed=False)
        images = evaluation_images(choice, loaded, few, progress)
        numbers = part.among(len(images))
        return images.part(numbers) if len(numbers) else None
    chosen = _labelled(choice, loaded, progress).sample(choice.count, choice.seed)
    numbers = part.among(len(chosen))
    if not len(numbers):
        return None
    whole = dataclasses.replace(choice, count=len(chosen))
    return _read(chosen.part(numbers), whole, "images", loaded.preprocessing, progress)
