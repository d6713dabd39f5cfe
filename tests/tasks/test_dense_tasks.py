"""Detection and segmentation as tasks: what files are held to, and what they mean."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from lowformer_edge.artifact.annotations import ObjectAnnotations
from lowformer_edge.artifact.outputs import Outputs
from lowformer_edge.artifact.placement import Placement
from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.artifact.truth import Truth
from lowformer_edge.errors import CheckError, DataError
from lowformer_edge.tasks.anchors import level_sizes
from lowformer_edge.tasks.detection import DETECTION
from lowformer_edge.tasks.segmentation import SEGMENTATION

CLASSES = 3
HEIGHT, WIDTH = 64, 96
LABELS = ("cat", "dog", "cow")


def maps(images: int = 2, seed: int = 0) -> Outputs:
    """A detector's outputs with some objects in each image."""
    random = np.random.default_rng(seed)
    outputs = {}
    for level, size in enumerate(level_sizes(HEIGHT, WIDTH, 5), 3):
        logits = random.normal(-6, 2, (images, 9 * CLASSES, *size))
        outputs[f"class_logits_p{level}"] = logits.astype(np.float32)
        deltas = random.normal(0, 0.3, (images, 36, *size))
        outputs[f"box_deltas_p{level}"] = deltas.astype(np.float32)
    return outputs


def logits(images: int = 2, seed: int = 0) -> Outputs:
    """A segmenter's output."""
    random = np.random.default_rng(seed)
    shape = (images, CLASSES, HEIGHT // 4, WIDTH // 4)
    return {"logits": random.normal(size=shape).astype(np.float32)}


def noisy(outputs: Outputs, noise: float) -> Outputs:
    random = np.random.default_rng(1)
    return {
        name: (values + random.normal(0, noise, values.shape)).astype(np.float32)
        for name, values in outputs.items()
    }


def test_what_is_no_segmenters_cannot_be_decoded() -> None:
    with pytest.raises(CheckError, match="outputs boxes are none of a segmenter"):
        SEGMENTATION.decode({"boxes": logits(1)["logits"]}, Placement.whole(64, 96), None, None)


def test_a_detector_agrees_with_itself() -> None:
    found = DETECTION.compare(maps(), maps())
    assert found.sqnr_db == "exact"
    assert found.agreement is not None
    assert found.agreement.value == 100
    assert found.boxes is not None
    assert found.boxes.matched > 10
    assert (found.boxes.missed, found.boxes.added) == (0, 0)
    assert found.boxes.worst_iou == pytest.approx(1)
    assert found.boxes.score_difference == 0


def test_noise_costs_a_detector_boxes() -> None:
    little, much = (DETECTION.agreement(maps(), noisy(maps(), noise)).value for noise in (0.1, 3))
    assert 50 < little < 100
    assert much < little


def test_detectors_that_find_nothing_agree_without_proof() -> None:
    quiet = {name: values - np.float32(100) for name, values in maps().items()}
    found = DETECTION.agreement(quiet, quiet)
    assert (found.value, found.low) == (100, 0)


def test_objects_are_in_pixels_of_the_image() -> None:
    outputs = maps(1)
    whole = DETECTION.decode(outputs, Placement.whole(HEIGHT, WIDTH), LABELS, None)
    spec = Preprocessing(size=(HEIGHT, WIDTH), crop_ratio=1.0, resize_mode="squash")
    twice = DETECTION.decode(outputs, spec.placement(2 * HEIGHT, 2 * WIDTH), LABELS, 5)
    assert len(twice) == 5
    for small, large in zip(whole, twice, strict=False):
        assert small.label == large.label == LABELS[small.index]
        np.testing.assert_allclose(large.box, 2 * np.array(small.box), rtol=1e-5)
    assert [one.score for one in whole] == sorted((one.score for one in whole), reverse=True)


def test_objects_are_drawn_on_a_copy() -> None:
    image = Image.new("RGB", (WIDTH, HEIGHT))
    results = DETECTION.decode(maps(1), Placement.whole(HEIGHT, WIDTH), None, 3)
    drawn = DETECTION.draw(image, results)
    assert not np.asarray(image).any()
    assert np.asarray(drawn).any()


def truths_of(outputs: Outputs) -> list[Truth]:
    """What would make these outputs right."""
    placement = Placement.whole(HEIGHT, WIDTH)
    found = [
        DETECTION.decode(
            {name: one[k : k + 1] for name, one in outputs.items()}, placement, None, 9
        )
        for k in range(2)
    ]
    return [
        Truth(placement, ObjectAnnotations.of(one.detections.boxes, one.detections.classes))
        for one in found
    ]


def test_precision_is_beside_the_references() -> None:
    pytest.importorskip("pycocotools", reason="pycocotools is not installed")
    found = DETECTION.compare(maps(), noisy(maps(), 2), truths_of(maps()))
    assert list(found.measures) == ["AP", "AP50", "AP75"]
    precision = found.measures["AP"]
    assert precision.reference > 90
    assert precision.value < precision.reference - 10
    assert found.drop == precision.reference - precision.value


@pytest.mark.parametrize("outputs", [logits(), {"class_logits_p4": maps()["class_logits_p4"]}])
def test_what_is_no_detectors(outputs: Outputs) -> None:
    with pytest.raises(CheckError, match="are none of a detector"):
        DETECTION.agreement(outputs, outputs)


def test_a_segmenter_agrees_with_itself() -> None:
    found = SEGMENTATION.compare(logits(), logits())
    assert found.agreement is not None
    assert (found.agreement.value, found.agreement.high) == (100, 100)
    assert found.agreement.low < 60  # two images say little


def test_noise_costs_a_segmenter_pixels() -> None:
    other = noisy(logits(), 0.5)
    expected = (logits()["logits"].argmax(1) == other["logits"].argmax(1)).mean()
    assert SEGMENTATION.agreement(logits(), other).value == pytest.approx(100 * expected)


def test_regions_cover_the_image() -> None:
    found = SEGMENTATION.decode(logits(1), Placement.whole(HEIGHT, WIDTH), LABELS, None)
    assert found.classes.shape == (HEIGHT, WIDTH)
    assert sum(region.share for region in found.regions) == pytest.approx(1)
    for region in found.regions:
        assert region.label == LABELS[region.index]
        assert region.share == pytest.approx((found.classes == region.index).mean())
    drawn = SEGMENTATION.draw(Image.new("RGB", (WIDTH, HEIGHT)), found)
    assert np.asarray(drawn).any()


def test_mean_iou_is_beside_the_references() -> None:
    placement = Placement.whole(HEIGHT, WIDTH)
    seen = [
        SEGMENTATION.decode({"logits": one[None]}, placement, None, None).classes
        for one in logits()["logits"]
    ]
    truths = [Truth(placement, one) for one in seen]
    found = SEGMENTATION.compare(logits(), noisy(logits(), 0.5), truths)
    assert found.measures["mIoU"].reference == found.measures["pixel accuracy"].reference == 100
    assert 20 < found.measures["mIoU"].value < 95
    assert found.drop == 100 - found.measures["mIoU"].value


def test_annotations_of_the_other_task() -> None:
    placement = Placement.whole(HEIGHT, WIDTH)
    boxes = Truth(placement, ObjectAnnotations.of(np.zeros((0, 4)), np.zeros(0, np.int64)))
    labels = Truth(placement, np.zeros((HEIGHT, WIDTH), np.uint8))
    with pytest.raises(DataError, match="boxes are no label maps"):
        SEGMENTATION.compare(logits(1), logits(1), [boxes])
    with pytest.raises(DataError, match="label maps are no boxes"):
        DETECTION.compare(maps(1), maps(1), [labels])


@pytest.mark.parametrize("task", [DETECTION, SEGMENTATION])
def test_maps_are_described_as_such(task: object) -> None:
    outputs = maps() if task is DETECTION else logits()
    described = (DETECTION if task is DETECTION else SEGMENTATION).describe(outputs)
    assert [one.name for one in described] == list(outputs)
    assert {one.layout for one in described} == {"CHW"}
    assert described[0].shape == next(iter(outputs.values())).shape[1:]
