"""A detector's maps, and the boxes and scores that files may give in their place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lowformer_edge.artifact.outputs import Outputs
from lowformer_edge.artifact.placement import Placement
from lowformer_edge.errors import CheckError
from lowformer_edge.tasks.anchors import level_sizes
from lowformer_edge.tasks.decoded_boxes import decoded_outputs
from lowformer_edge.tasks.detection import DETECTION

CLASSES = 3
HEIGHT, WIDTH = 64, 96
WHOLE = Placement.whole(HEIGHT, WIDTH)


def maps(levels: int = 5, images: int = 2) -> Outputs:
    random = np.random.default_rng(0)
    outputs = {}
    for level, size in enumerate(level_sizes(HEIGHT, WIDTH, levels), 3):
        logits = random.normal(-5, 2, (images, 9 * CLASSES, *size))
        outputs[f"class_logits_p{level}"] = logits.astype(np.float32)
        deltas = random.normal(0, 0.3, (images, 36, *size))
        outputs[f"box_deltas_p{level}"] = deltas.astype(np.float32)
    return outputs


def first_of(outputs: Outputs) -> Outputs:
    return {name: values[:1] for name, values in outputs.items()}


@pytest.mark.parametrize("levels", [3, 5])
def test_both_forms_mean_the_same_objects(levels: int) -> None:
    outputs = first_of(maps(levels))
    of_maps = DETECTION.decode(outputs, WHOLE, None, None).detections
    of_boxes = DETECTION.decode(decoded_outputs(outputs), WHOLE, None, None).detections
    assert len(of_maps) > 10
    np.testing.assert_array_equal(of_boxes.boxes, of_maps.boxes)
    np.testing.assert_array_equal(of_boxes.classes, of_maps.classes)
    np.testing.assert_array_equal(of_boxes.scores, of_maps.scores)


def test_files_with_boxes_are_held_to_the_models_maps() -> None:
    held = DETECTION.reference(maps(), ("boxes", "scores"))
    anchors = 9 * sum(rows * columns for rows, columns in level_sizes(HEIGHT, WIDTH, 5))
    assert held["boxes"].shape == (2, anchors, 4)
    assert held["scores"].shape == (2, anchors, CLASSES)
    found = DETECTION.compare(held, held)
    assert found.sqnr_db == "exact"
    assert found.boxes is not None
    assert found.boxes.matched > 10


def test_another_output_is_still_refused() -> None:
    with pytest.raises(CheckError, match="'boxes' is none of the model"):
        DETECTION.reference(maps(), ("boxes", "masks"))


def test_boxes_of_another_input_are_refused() -> None:
    decoded = decoded_outputs(first_of(maps()))
    with pytest.raises(CheckError, match="none of an input of 64 x 64 pixels"):
        DETECTION.decode(decoded, Placement.whole(64, 64), None, None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda held: held.pop("box_deltas_p4"), "output 'box_deltas_p4' is missing among"),
        (lambda held: held.update(box_deltas_p4=held["box_deltas_p3"]), "box_deltas_p4 of one"),
        (lambda held: held.pop("class_logits_p3"), "none of a detector"),
    ],
)
def test_maps_that_files_with_boxes_cannot_be_held_to(
    change: Callable[[dict[str, Any]], object], said: str
) -> None:
    held = dict(maps())
    change(held)
    with pytest.raises(CheckError, match=said):
        DETECTION.reference(held, ("boxes", "scores"))


@pytest.mark.parametrize("name", ["boxes", "scores"])
def test_boxes_and_scores_need_each_other(name: str) -> None:
    decoded = dict(decoded_outputs(first_of(maps())))
    del decoded[name]
    with pytest.raises(CheckError, match=f"output '{name}' is missing|none of a detector"):
        DETECTION.decode(decoded, WHOLE, None, None)


@pytest.mark.parametrize("value", [-0.1, 1.5, np.nan])
def test_scores_that_are_none_are_refused(value: float) -> None:
    decoded = decoded_outputs(first_of(maps()))
    decoded["scores"][0, 0, 0] = value
    for held in (decoded, decoded_outputs(first_of(maps()))):
        with pytest.raises(CheckError, match="scores"):
            DETECTION.agreement(decoded, held)
