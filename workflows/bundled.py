"""The images that the bundled models are calibrated on and judged by."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .. import demo
from ..artifact.annotations import ObjectAnnotations
from ..artifact.files import digest_of
from ..artifact.interface import CLASSIFICATION
from ..calibration.data.image_set import ImageSet
from ..calibration.data.images import find_images
from ..demo.scenes import HARD, PLAIN, Scene, SceneKind, bundled_garments, make_scene
from ..tasks.names import DETECTION
from .annotated_data import CountsClasses, annotated_images

_NAMES = {
    demo.CALIBRATION: demo.CALIBRATION_NAME,
    demo.EVALUATION: demo.EVALUATION_NAME,
}

CALIBRATION_SCENES, CALIBRATION_SEED = 256, 1
EVALUATION_SCENES, EVALUATION_SEED = 500, 2026


def bundled_checkpoint(digest: str | None) -> Path | None:
    """The bundled checkpoint that has a digest; None of another's model, or of random weights."""
    if digest is None:
        return None
    return next((path for path in demo.CHECKPOINTS if digest_of(path) == digest), None)


def named_images(path: Path) -> ImageSet:
    """Images of a file or a folder; bundled ones are called by what they are."""
    images = find_images(path)
    return dataclasses.replace(images, name=_NAMES.get(path, images.name))


def bundled_calibration(model: CountsClasses) -> ImageSet:
    """What a bundled model of this task takes its activation ranges from, without annotations.

    Scenes are of garments of the training set, plain and hard ones in turn.
    """
    images = named_images(demo.CALIBRATION)
    if model.task_name == CLASSIFICATION:
        return images.without_labels()
    with np.load(demo.CALIBRATION) as arrays:
        garments = arrays["images"], arrays["labels"]
    scenes = [
        make_scene(*garments, CALIBRATION_SEED, number, (PLAIN, HARD)[number % 2])
        for number in range(CALIBRATION_SCENES)
    ]
    return _image_set(scenes, model, "plain and hard scenes of training garments").without_labels()


def bundled_scenes(model: CountsClasses, kind: SceneKind = PLAIN) -> ImageSet:
    """What the bundled detector and segmenter are judged by: scenes of garments of the test set."""
    garments = bundled_garments()
    scenes = [
        make_scene(*garments, EVALUATION_SEED, number, kind) for number in range(EVALUATION_SCENES)
    ]
    return _image_set(scenes, model, f"{kind.name} scenes of test garments")


def _image_set(scenes: Sequence[Scene], model: CountsClasses, name: str) -> ImageSet:
    """Scenes with what a model of that task is to find in them."""
    annotations = [
        ObjectAnnotations.of(scene.boxes, scene.classes)
        if model.task_name == DETECTION
        else scene.label_map
        for scene in scenes
    ]
    pixels = np.stack([scene.pixels for scene in scenes])
    images = annotated_images(pixels, model, annotations, None)
    assert images is not None
    return dataclasses.replace(images, name=f"{name} (bundled)")
