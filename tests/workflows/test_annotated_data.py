"""Images with annotations, as detectors and segmenters are judged by them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import lowformer_edge as lfe
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.errors import DataError, UsageError
from lowformer_edge.models.dense_head import DenseHead, DetectionHead, SegmentationHead
from lowformer_edge.progress import SilentProgress
from lowformer_edge.workflows.data import ImageChoice, calibration_images, evaluation_images
from lowformer_edge.workflows.defaults import OUTPUT_BYTES

from ..calibration.data.annotated import (
    coco_fields,
    map_of,
    objects_in,
    save_coco,
    save_image,
    save_map,
)
from ..small_models import SLIGHT

DETECTION = DetectionHead(neck_channels=4, channels=4, convs=1)
SEGMENTATION = SegmentationHead(neck_channels=4, channels=4)


def model_for(
    head: DenseHead, names: list[str] | None, count: int, size: Any = 64
) -> lfe.LoadedModel:
    config = SLIGHT.replace(dense_head=head, num_classes=count, input_size=size)
    return lfe.load_model(config=config, random_weights=True, labels=names)


@pytest.fixture(scope="module")
def detector() -> lfe.LoadedModel:
    return model_for(DETECTION, ["traffic light", "person"], 2)


@pytest.fixture(scope="module")
def segmenter() -> lfe.LoadedModel:
    return model_for(SEGMENTATION, None, 3)


@pytest.fixture
def coco(tmp_path: Path) -> tuple[Path, Path]:
    """A folder of images in folders, and the file of their objects."""
    for name in ("x/a.png", "y/b.png"):
        save_image(tmp_path / "images" / name)
    return tmp_path / "images", save_coco(tmp_path, coco_fields())


class Notes(SilentProgress):
    """Keeps what a user is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(text)


def test_a_detectors_images_have_their_objects(
    coco: tuple[Path, Path], detector: lfe.LoadedModel
) -> None:
    folder, file = coco
    samples = lfe.open_images(folder, detector, labels=file)
    assert objects_in(samples, 0).classes.tolist() == [1, 0, 1]
    assert samples.placements[0] == detector.preprocessing.placement(30, 40)
    files = sorted(folder.rglob("*.png"))
    assert len(objects_in(lfe.open_images(files, detector, labels=str(file)), 0)) == 3


def test_a_segmenters_images_have_their_maps(tmp_path: Path, segmenter: lfe.LoadedModel) -> None:
    save_image(tmp_path / "images" / "a.jpg", 1, 3)
    save_map(tmp_path / "annotations" / "a.png", [[0, 2, 255]])
    with pytest.warns(UserWarning, match="labels taken as they are"):
        samples = lfe.open_images(tmp_path, segmenter)
    assert map_of(samples, 0).tolist() == [[0, 2, 255]]
    with pytest.warns(UserWarning, match="labels taken less 1"):
        samples = lfe.open_images(
            tmp_path / "images",
            segmenter,
            labels=tmp_path / "annotations",
            reduce_zero_label=True,
        )
    assert map_of(samples, 0).tolist() == [[255, 1, 255]]


def test_folders_are_no_classes_of_a_detector(
    coco: tuple[Path, Path], detector: lfe.LoadedModel, recwarn: pytest.WarningsRecorder
) -> None:
    samples = lfe.open_images(coco[0], detector)
    assert len(samples) == 2
    assert (samples.labels, samples.annotations) == (None, None)
    assert not recwarn.list


def test_annotations_may_be_given_with_pixels(
    detector: lfe.LoadedModel, segmenter: lfe.LoadedModel
) -> None:
    pixels = np.zeros((2, 20, 30, 3), np.uint8)
    objects = lfe.ObjectAnnotations(
        np.array([[0, 0, 30, 20]], np.float32),
        np.array([1]),
        np.array([False]),
        np.array([600.0]),
    )
    samples = lfe.open_images(pixels, detector, labels=[objects, objects])
    assert objects_in(samples, 1).boxes.tolist() == [[0, 0, 30, 20]]
    maps = np.full((2, 20, 30), 2, np.uint8)
    samples = lfe.open_images(pixels, segmenter, labels=list(maps))
    assert (map_of(samples, 1) == 2).all()


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1], "must be a file, a folder, or ObjectAnnotations for each image"),
        ([None], "`labels` are of 1 images, but `source` has 2"),
        (3, "`labels` are of 1 images"),
    ],
)
def test_other_annotations_are_refused(
    labels: Any, message: str, detector: lfe.LoadedModel
) -> None:
    with pytest.raises(UsageError, match=message):
        lfe.open_images(np.zeros((2, 8, 8, 3), np.uint8), detector, labels=labels)


def test_classes_that_the_detector_has_not(detector: lfe.LoadedModel) -> None:
    objects = lfe.ObjectAnnotations(
        np.zeros((1, 4), np.float32), np.array([2]), np.array([False]), np.array([0.0])
    )
    with pytest.raises(DataError, match="`labels` have class 2, but the model only 2"):
        lfe.open_images(np.zeros((1, 8, 8, 3), np.uint8), detector, labels=[objects])


def test_what_cannot_be_annotated_is_told(
    coco: tuple[Path, Path], tmp_path: Path, detector: lfe.LoadedModel
) -> None:
    folder, file = coco
    pixels = np.zeros((1, 8, 8, 3), np.uint8)
    np.savez(tmp_path / "x.npz", images=pixels)
    for source in (pixels, tmp_path / "x.npz"):
        with pytest.raises(DataError, match="images of an array have no names"):
            lfe.open_images(source, detector, labels=file)
    with pytest.raises(DataError, match="gone: there are no such annotations"):
        lfe.open_images(folder, detector, labels=tmp_path / "gone")
    with pytest.raises(DataError, match="gone: there are no such images"):
        lfe.open_images(tmp_path / "gone", detector, labels=file)
    source_of_nothing: Any = 5
    with pytest.raises(UsageError, match="`source` must be a folder"):
        lfe.open_images(source_of_nothing, detector)


@pytest.mark.parametrize("value", [True, False])
def test_what_zero_means_is_asked_of_label_maps_alone(
    value: bool,
    coco: tuple[Path, Path],
    detector: lfe.LoadedModel,
    segmenter: lfe.LoadedModel,
) -> None:
    folder, file = coco
    for model, labels in ((detector, file), (segmenter, None)):
        with pytest.raises(UsageError, match="`reduce_zero_label` is for files of label maps"):
            lfe.open_images(folder, model, labels=labels, reduce_zero_label=value)


@pytest.mark.parametrize("size", [64, (32, 96)])
@pytest.mark.parametrize("head", [DETECTION, SEGMENTATION, DetectionHead(4, 4, 1, levels=3)])
def test_outputs_are_as_large_as_is_said(head: DenseHead, size: Any) -> None:
    model = model_for(head, None, 3, size)
    with torch.no_grad():
        found = model.network(torch.zeros(1, 3, *((size, size) if size == 64 else size)))
    tensors = [found] if isinstance(found, torch.Tensor) else list(found.values())
    assert model.output_bytes == sum(4 * one.numel() for one in tensors)


def test_what_is_stated_of_outputs_is_that_of_the_published_sizes() -> None:
    assert DetectionHead().output_values(80, 320, 320) == 19_206 * 84
    assert DetectionHead().output_values(80, 512, 512) == 49_104 * 84
    assert SegmentationHead().output_values(150, 512, 512) == 150 * 128 * 128


def test_fewer_images_are_taken_where_outputs_are_large(tmp_path: Path) -> None:
    model = model_for(SEGMENTATION, None, 250, 1024)
    fitting = OUTPUT_BYTES // model.output_bytes
    assert fitting == 8
    pixels = np.zeros((fitting + 2, 8, 8, 3), np.uint8)
    np.savez(tmp_path / "x.npz", images=pixels)
    calibration = Samples("x", np.zeros((fitting + 2, 1, 1, 3), np.uint8))
    for path in (tmp_path / "x.npz", None):
        notes = Notes()
        usual = ImageChoice(path, 2000, is_usual=True)
        assert len(evaluation_images(usual, model, calibration, notes)) == fitting
        assert [line for line in notes.lines if line.startswith("takes")] == [
            f"takes {fitting} of {fitting + 2} images, whose outputs are 500 MiB; give"
            " `evaluation_images` for others"
        ]
        asked, notes = ImageChoice(path, fitting + 1), Notes()
        assert len(evaluation_images(asked, model, calibration, notes)) == fitting + 1
        assert not [line for line in notes.lines if line.startswith("takes")]


def test_all_are_taken_where_outputs_are_small(detector: lfe.LoadedModel) -> None:
    notes = Notes()
    calibration = calibration_images(ImageChoice(None, 20), detector, notes, needed=False)
    usual = ImageChoice(None, 2000, is_usual=True)
    assert len(evaluation_images(usual, detector, calibration, notes)) == 20
    assert not notes.lines


def test_evaluation_images_have_their_annotations_or_that_is_told(
    coco: tuple[Path, Path], detector: lfe.LoadedModel
) -> None:
    folder, file = coco
    calibration = Samples("x", np.zeros((1, 64, 64, 3), np.uint8))
    notes = Notes()
    choice = ImageChoice(folder, 10, labels=file)
    samples = evaluation_images(choice, detector, calibration, notes)
    assert objects_in(samples, 0).classes.tolist() == [1, 0, 1]
    plain = evaluation_images(ImageChoice(folder, 10), detector, calibration, notes)
    assert plain.annotations is None
    assert notes.lines == [
        "images of images have no annotations, so accuracy is not measured; give them as"
        " `evaluation_labels`"
    ]
