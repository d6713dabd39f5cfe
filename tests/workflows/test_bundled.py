"""What the bundled models are calibrated on and judged by."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lowformer_edge as lfe
from lowformer_edge import demo
from lowformer_edge.artifact.annotations import ObjectAnnotations
from lowformer_edge.artifact.files import digest_of
from lowformer_edge.calibration.data.image_set import ImageSet
from lowformer_edge.demo.scenes import HARD, PLAIN
from lowformer_edge.errors import MissingDependencyError
from lowformer_edge.progress import QUIET, SilentProgress
from lowformer_edge.workflows.bundled import (
    bundled_calibration,
    bundled_checkpoint,
    bundled_scenes,
)
from lowformer_edge.workflows.data import ImageChoice, calibration_images, evaluation_images

DENSE = pytest.mark.parametrize("task", ["detect", "segment"])
FEW = ImageChoice(None, 5, is_usual=True)


def without(package: str) -> Callable[..., Any]:
    """Looks for packages as where one is not installed."""
    look = importlib.util.find_spec
    return lambda name, *rest: None if name == package else look(name, *rest)


def contents(images: ImageSet) -> set[bytes]:
    """Of images in memory."""
    return {pixels.tobytes() for pixels in np.asarray(images.items)}


@pytest.mark.parametrize(
    ("chosen", "checkpoint"),
    [
        ({}, demo.CHECKPOINT),
        ({"name": "demo"}, demo.CHECKPOINT),
        ({"task": "classify"}, demo.CHECKPOINT),
        ({"task": "detect"}, demo.DETECTOR),
        ({"name": "demo", "task": "segment"}, demo.SEGMENTER),
    ],
    ids=str,
)
def test_a_task_chooses_the_bundled_model(chosen: dict[str, Any], checkpoint: Path) -> None:
    assert lfe.load_model(**chosen).digest == digest_of(checkpoint)


def test_random_weights_are_not_bundled() -> None:
    model = lfe.load_model(task="detect", random_weights=True)
    assert bundled_checkpoint(model.digest) is None
    calibration = calibration_images(FEW, model, QUIET, needed=True)
    assert evaluation_images(FEW, model, calibration, QUIET).annotations is None


@DENSE
def test_ranges_are_of_plain_and_hard_scenes(task: str) -> None:
    model = lfe.load_model(task=task)
    images = bundled_calibration(model)
    assert images.annotations is None
    taken = contents(images)
    assert len(taken) == len(images) == 256
    for kind in (PLAIN, HARD):
        assert not taken & contents(bundled_scenes(model, kind))


def test_a_detector_is_judged_by_plain_scenes() -> None:
    pytest.importorskip("pycocotools", reason="pycocotools is not installed")
    model = lfe.load_model(task="detect")
    calibration = calibration_images(FEW, model, QUIET, needed=True)
    images = evaluation_images(FEW, model, calibration, QUIET)
    assert images.name == "plain scenes of test garments (bundled)"
    assert images.annotations
    assert all(isinstance(one, ObjectAnnotations) for one in images.annotations)


def test_a_segmenter_is_judged_by_plain_scenes() -> None:
    model = lfe.load_model(task="segment")
    calibration = calibration_images(FEW, model, QUIET, needed=True)
    images = evaluation_images(FEW, model, calibration, QUIET)
    assert images.annotations
    assert all(isinstance(one, np.ndarray) for one in images.annotations)
    assert len(images) == 5


def test_without_pycocotools_scenes_are_for_parity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", without("pycocotools"))
    model = lfe.load_model(task="detect")
    told: list[str] = []

    class Told(SilentProgress):
        def note(self, line: str) -> None:
            told.append(line)

    calibration = calibration_images(FEW, model, QUIET, needed=True)
    images = evaluation_images(FEW, model, calibration, Told())
    assert images.annotations is None
    assert told[0].startswith("no AP: average precision needs pycocotools")


def test_without_pycocotools_given_annotations_are_refused_before_the_export(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    model = lfe.load_model(task="detect")
    pixels = np.zeros((1, 160, 160, 3), np.uint8)
    box = ObjectAnnotations.of(np.array([[1.0, 2, 30, 40]]), np.array([3]))
    images = lfe.open_images(pixels, model, labels=[box])
    monkeypatch.setattr(importlib.util, "find_spec", without("pycocotools"))
    with pytest.raises(MissingDependencyError, match="install the extra detection"):
        lfe.export_model(model, tmp_path / "bundle", "tflite/fp32", evaluation=images)
