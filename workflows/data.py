"""Which images a model is calibrated on, and which its files are judged by."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from .. import demo
from ..artifact.files import digest_of
from ..artifact.labels import read_labels
from ..artifact.manifest import Manifest
from ..artifact.preprocessing import Preprocessing
from ..artifact.samples import Samples
from ..calibration.data.images import ImageSet, decode, open_images
from ..calibration.data.label_table import read_label_table
from ..errors import UsageError
from ..progress import Progress

if TYPE_CHECKING:
    from ..models.loading import LoadedModel


@dataclasses.dataclass(frozen=True)
class ImageChoice:
    """Images that somebody chose.

    Attributes:
        path: A folder, an archive or an ``.npz``; the bundled images if None.
        count: How many of them.
        labels: A CSV with their classes, in place of folders.
        seed: Of the choice among them.
        strict: Whether one that cannot be read is an error.
    """

    path: Path | None
    count: int
    labels: Path | None = None
    seed: int = 0
    strict: bool = False


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
        images = open_images(choice.path)
    elif needed and not _bundled_images_fit(loaded):
        raise UsageError(
            "activation ranges need images like those that the model will see: give"
            " `calibration` (an export can also take `ranges` of an earlier one, or be in"
            " int8-dynamic)"
        )
    else:
        images = dataclasses.replace(open_images(demo.CALIBRATION), name=demo.CALIBRATION_NAME)
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
    if not choice.path and (loaded.is_random or not _bundled_images_fit(loaded)):
        return dataclasses.replace(calibration, labels=None)
    images = _labelled(choice, loaded.labels, loaded.config.num_classes)
    return _read(images, choice, "evaluation images", loaded.preprocessing, progress)


def bundle_images(
    choice: ImageChoice, bundle: Path, manifest: Manifest, progress: Progress
) -> Samples:
    """The images that a bundle's files are verified on; the bundled ones where none were chosen.

    Raises:
        DataError: The images or their labels cannot be read.
    """
    labels = read_labels(bundle / manifest.labels.path) if manifest.labels else None
    images = _labelled(choice, labels, int(manifest.model["num_classes"]))
    return _read(images, choice, "images", manifest.preprocessing_spec(), progress)


def _labelled(
    choice: ImageChoice, class_names: tuple[str, ...] | None, num_classes: int
) -> ImageSet:
    """The chosen images, or the bundled ones, with their classes where they are known."""
    if choice.path:
        images = open_images(choice.path)
    else:
        images = dataclasses.replace(open_images(demo.EVALUATION), name=demo.EVALUATION_NAME)
    if choice.labels:
        table = read_label_table(choice.labels)
        return images.with_label_table(table, class_names, num_classes)
    return images.with_labels_of(class_names, num_classes)


def _bundled_images_fit(loaded: LoadedModel) -> bool:
    """Whether the bundled images are like the model's own, or the model has none."""
    return loaded.is_random or loaded.digest == digest_of(demo.CHECKPOINT)


def _read(
    images: ImageSet,
    choice: ImageChoice,
    purpose: str,
    preprocessing: Preprocessing,
    progress: Progress,
) -> Samples:
    images = images.sample(choice.count, choice.seed)
    with progress.step(f"reading {purpose}", len(images)) as advance:
        decoded = decode(images, preprocessing, strict=choice.strict, on_image=lambda: advance(1))
    for line in decoded.skipped:
        progress.note(f"skipped {line}")
    if decoded.skipped:
        progress.note(f"{decoded.name}: used {len(decoded)} images, skipped {len(decoded.skipped)}")
    return decoded
