"""Which images a command calibrates on, and which it judges by."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from .. import demo
from ..artifact.files import digest_of
from ..calibration.data.images import DecodedImages, ImageSet, decode, open_images
from ..calibration.data.label_table import read_label_table
from ..calibration.ranges import Ranges
from ..errors import DataError, UsageError
from ..export.bundle import RANGES_FILE
from ..models.loading import LoadedModel
from ..progress import Progress
from .command import warn


def calibration_images(
    options: argparse.Namespace,
    loaded: LoadedModel,
    progress: Progress,
    *,
    needed: bool,
) -> DecodedImages:
    """Images for activation ranges; the bundled ones where those are apt.

    Args:
        options: The command's options.
        loaded: The model.
        progress: Is told about reading them.
        needed: Whether ranges are taken from them, so that they must be like the model's own.

    Raises:
        UsageError: They must be like the model's own, and none were given.
        DataError: The images cannot be read.
    """
    if options.calibration_data:
        images = open_images(options.calibration_data)
    elif needed and not _bundled_images_fit(loaded):
        raise UsageError(
            "activation ranges need images like those that the model will see: give"
            " --calibration-data FOLDER (an export can also take --ranges FILE, or be"
            " --int8-dynamic)"
        )
    else:
        images = dataclasses.replace(open_images(demo.CALIBRATION), name=demo.CALIBRATION_NAME)
    return _read(images, options.calibration_images, "calibration", options, loaded, progress)


def evaluation_images(
    options: argparse.Namespace,
    loaded: LoadedModel,
    calibration: DecodedImages,
    progress: Progress,
) -> DecodedImages:
    """Images for parity and accuracy; the calibration images where there are no others.

    Raises:
        UsageError: Labels were given without images.
        DataError: The images or their labels cannot be read.
    """
    if options.evaluation_labels and not options.evaluation_data:
        raise UsageError("--evaluation-labels belongs to --evaluation-data; give both")
    if options.evaluation_data:
        images = open_images(options.evaluation_data)
    elif loaded.is_random or not _bundled_images_fit(loaded):
        return dataclasses.replace(calibration, labels=None)
    else:
        images = dataclasses.replace(open_images(demo.EVALUATION), name=demo.EVALUATION_NAME)
    if options.evaluation_labels:
        table = read_label_table(options.evaluation_labels)
        images = images.with_label_table(table, loaded.labels, loaded.config.num_classes)
    else:
        images = images.with_labels_of(loaded.labels, loaded.config.num_classes)
    return _read(images, options.evaluation_images, "evaluation", options, loaded, progress)


def _bundled_images_fit(loaded: LoadedModel) -> bool:
    """Whether the bundled images are like the model's own, or the model has none."""
    return loaded.is_random or loaded.digest == digest_of(demo.CHECKPOINT)


def _read(
    images: ImageSet,
    count: int,
    purpose: str,
    options: argparse.Namespace,
    loaded: LoadedModel,
    progress: Progress,
) -> DecodedImages:
    images = images.sample(count, options.seed)
    with progress.step(f"reading {purpose} images", len(images)) as advance:
        decoded = decode(
            images, loaded.preprocessing, strict=options.strict, on_image=lambda: advance(1)
        )
    for line in decoded.skipped:
        warn(f"skipped {line}")
    if decoded.skipped:
        warn(f"{decoded.name}: used {len(decoded)} images, skipped {len(decoded.skipped)}")
    return decoded


def older_ranges(bundle: Path) -> Ranges | None:
    """The ranges of a bundle that is about to be replaced, if it has any that can be read."""
    path = bundle / RANGES_FILE
    try:
        return Ranges.read(path) if path.is_file() else None
    except DataError:
        return None
