"""Comparisons that are made part by part are those of all images."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowformer_edge.artifact.annotations import ObjectAnnotations
from lowformer_edge.artifact.manifest import Interval, Parity
from lowformer_edge.artifact.outputs import Outputs, part_of
from lowformer_edge.artifact.placement import Placement
from lowformer_edge.artifact.truth import Truth, Truths
from lowformer_edge.errors import CheckError
from lowformer_edge.tasks.anchors import level_sizes
from lowformer_edge.tasks.parity_meter import ParityMeter
from lowformer_edge.tasks.registry import TASKS

CLASSES, IMAGES = 3, 43
HEIGHT, WIDTH = 64, 96
WHOLE = Placement.whole(HEIGHT, WIDTH)

SHAPES: dict[str, dict[str, tuple[int, ...]]] = {
    "classification": {"logits": (CLASSES,)},
    "detection": {
        name: (channels, *size)
        for level, size in enumerate(level_sizes(HEIGHT, WIDTH, 5), 3)
        for name, channels in (
            (f"class_logits_p{level}", 9 * CLASSES),
            (f"box_deltas_p{level}", 36),
        )
    },
    "segmentation": {"logits": (CLASSES, HEIGHT // 4, WIDTH // 4)},
}


def values(task: str, seed: int = 0) -> Outputs:
    random = np.random.default_rng(seed)
    outputs = {}
    for name, shape in SHAPES[task].items():
        mean, deviation = (-6, 2) if "class" in name else (0, 0.3)
        outputs[name] = random.normal(mean, deviation, (IMAGES, *shape)).astype(np.float32)
    return outputs


def noisy(outputs: Outputs) -> Outputs:
    random = np.random.default_rng(1)
    return {
        name: (one + random.normal(0, 0.2, one.shape)).astype(np.float32)
        for name, one in outputs.items()
    }


def truths(task: str) -> Truths:
    random = np.random.default_rng(2)
    if task == "classification":
        return random.integers(0, CLASSES, IMAGES)
    if task == "segmentation":
        maps = random.integers(0, CLASSES, (IMAGES, HEIGHT, WIDTH)).astype(np.uint8)
        return [Truth(WHOLE, one) for one in maps]
    pytest.importorskip("pycocotools", reason="pycocotools is not installed")
    annotated = []
    for image in range(IMAGES):
        found = TASKS[task].decode(part_of(values(task), slice(image, image + 1)), WHOLE, None, 4)
        boxes, classes = found.detections.boxes, found.detections.classes
        annotated.append(Truth(WHOLE, ObjectAnnotations.of(boxes, classes)))
    return annotated


def meter_of(task: str, start: int, stop: int, right: Truths | None) -> ParityMeter:
    """Of some of the images."""
    meter = TASKS[task].meter("some images")
    chosen = slice(start, stop)
    given = part_of(values(task), chosen)
    meter.add(given, part_of(noisy(values(task)), chosen), None if right is None else right[chosen])
    return meter


def sent(meter: ParityMeter) -> dict[str, np.ndarray]:
    """What arrives of a meter where it went in a file."""
    file = io.BytesIO()
    arrays: dict[str, Any] = meter.arrays()
    np.savez(file, **arrays)
    file.seek(0)
    return dict(np.load(file))


def figures(meter: ParityMeter) -> tuple[Parity, Interval | None]:
    return meter.parity(), meter.drop()


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("annotated", [False, True])
@settings(max_examples=4, deadline=None)
@given(cuts=st.lists(st.integers(1, IMAGES - 1), max_size=4, unique=True).map(sorted))
def test_merged_parts_are_the_whole(task: str, annotated: bool, cuts: list[int]) -> None:
    right = truths(task) if annotated else None
    parity, drop = figures(meter_of(task, 0, IMAGES, right))
    merged = TASKS[task].meter("some images")
    for start, stop in zip([0, *cuts], [*cuts, IMAGES], strict=True):
        merged.merge(sent(meter_of(task, start, stop, right)))
    together, lost = figures(merged)
    # What is counted is the same to the bit, and sums are so to the order they are added in.
    assert lost == drop
    assert together.model_dump(exclude={"outputs"}) == parity.model_dump(exclude={"outputs"})
    for name, close in parity.outputs.items():
        assert together.outputs[name].model_dump() == pytest.approx(close.model_dump(), rel=1e-9)


@pytest.mark.parametrize("task", TASKS)
def test_images_that_are_added_are_the_whole(task: str) -> None:
    right = truths(task)
    meter = TASKS[task].meter("some images")
    for number in range(IMAGES):
        one = slice(number, number + 1)
        meter.add(part_of(values(task), one), part_of(noisy(values(task)), one), right[one])
    whole = meter_of(task, 0, IMAGES, right)
    assert meter.images == IMAGES
    assert meter.drop() == whole.drop()
    assert meter.parity().measured == whole.parity().measured
    assert meter.parity().agreement == whole.parity().agreement


def test_parts_without_images_change_nothing() -> None:
    meter = meter_of("classification", 0, IMAGES, None)
    before = figures(meter)
    meter.merge(TASKS["classification"].meter().arrays())
    assert figures(meter) == before
    with pytest.raises(CheckError, match="needs at least one image"):
        TASKS["classification"].meter().parity()


def test_truths_are_of_all_images_or_of_none() -> None:
    meter = meter_of("classification", 0, 9, None)
    with pytest.raises(ValueError, match="of all images or of none"):
        meter.merge(meter_of("classification", 9, 12, truths("classification")).arrays())
    with pytest.raises(ValueError, match="of all images or of none"):
        meter.add(values("classification"), values("classification"), truths("classification"))
