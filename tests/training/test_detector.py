"""What the detector's training asks of each anchor."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

import detector
from lowformer_edge.demo.scenes import HARD, Scene, bundled_garments, make_scene
from lowformer_edge.tasks.anchors import ANCHORS_PER_PLACE, level_sizes
from lowformer_edge.tasks.box_coder import decode_boxes


@pytest.fixture(scope="module")
def scene() -> Scene:
    return make_scene(*bundled_garments(), 3, 1, HARD)


def outputs_saying(classes: np.ndarray, deltas: np.ndarray) -> dict[str, Tensor]:
    """A detector's outputs that are sure of each anchor."""
    logits = np.where(classes[:, None] == np.arange(10), 20.0, -20.0).astype(np.float32)
    outputs, start = {}, 0
    for level, (rows, columns) in enumerate(level_sizes(160, 160, 5), 3):
        end = start + rows * columns * ANCHORS_PER_PLACE
        for name, values in (("class_logits", logits), ("box_deltas", deltas)):
            maps = torch.from_numpy(values[start:end].reshape(1, rows, columns, -1))
            outputs[f"{name}_p{level}"] = maps.permute(0, 3, 1, 2)
        start = end
    return outputs


def test_every_object_has_anchors_that_decode_to_its_box(scene: Scene) -> None:
    classes, deltas = detector.assigned(scene)
    finding = classes >= 0
    found = decode_boxes(detector.ANCHORS[finding], deltas[finding], 160, 160)
    for box, label in zip(scene.boxes, scene.classes, strict=True):
        same = np.abs(found - box).max(1) < 0.01
        assert same.any()
        assert set(classes[finding][same]) == {label}


def test_anchors_are_assigned_by_overlap(scene: Scene) -> None:
    classes, _ = detector.assigned(scene)
    most = detector.overlaps(detector.ANCHORS, scene.boxes).max(1)
    assert (classes[most >= 0.5] >= 0).all()
    assert (classes[most < 0.4] != detector.IGNORED).all()
    between = (most >= 0.4) & (most < 0.5)
    assert (classes[between] != detector.BACKGROUND).all()


def test_a_scene_without_objects_asks_for_nothing(scene: Scene) -> None:
    empty = Scene(scene.pixels, np.zeros((0, 4), np.float32), scene.classes[:0], scene.label_map)
    classes, deltas = detector.assigned(empty)
    assert (classes == detector.BACKGROUND).all()
    assert not deltas.any()


def test_the_loss_is_zero_for_what_is_asked_and_not_for_anything_else(scene: Scene) -> None:
    classes, deltas = detector.assigned(scene)
    asked = [torch.from_numpy(array)[None] for array in (classes, deltas)]
    assert detector.retina_loss(outputs_saying(classes, deltas), *asked) < 1e-6
    moved = np.where(classes[:, None] >= 0, deltas + 1, deltas)
    assert detector.retina_loss(outputs_saying(classes, moved), *asked) == pytest.approx(4)
    other = np.where(classes >= 0, (classes + 1) % 10, classes)
    assert detector.retina_loss(outputs_saying(other, deltas), *asked) > 10
    ignored = np.where(classes == detector.IGNORED, 0, classes)
    assert detector.retina_loss(outputs_saying(ignored, deltas), *asked) < 1e-6
