"""Detectors and segmenters from a model in memory to results in an image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lowformer_edge as lfe
from lowformer_edge.artifact.outputs import Outputs
from lowformer_edge.artifact.pixel_file import Pixels
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.export.eager import EagerModel
from lowformer_edge.export.search.bound import Bound
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.progress import Advance
from lowformer_edge.tasks.agreement import compare_boxes
from lowformer_edge.tasks.detection import DetectedObjects
from lowformer_edge.tasks.segmentation import SegmentedImage
from lowformer_edge.workflows import parity_check
from lowformer_edge.workflows.defaults import OUTPUT_BYTES
from lowformer_edge.workflows.search import search_recipe

from ..guides import run_guide

LABELS = ("cat", "dog", "cow")


@pytest.fixture(scope="module", params=["detection", "segmentation"])
def model(request: pytest.FixtureRequest, slight_config: lfe.LowFormerConfig) -> lfe.LoadedModel:
    config = slight_config.for_task(request.param, channels=8)
    network = random_model(config.replace(num_classes=len(LABELS), input_size=(64, 96)))
    if request.param == "detection":
        # So that some scores are above the threshold.
        network.get_parameter("bbox_head.retina_cls.weight").data *= 20
    return lfe.from_module(network, labels=LABELS)


@pytest.fixture(scope="module")
def images(model: lfe.LoadedModel) -> Samples:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 64, 96, 3), np.uint8)
    return lfe.open_images(pixels, model)


@pytest.fixture(scope="module")
def bundle(
    model: lfe.LoadedModel, images: Samples, tmp_path_factory: pytest.TempPathFactory
) -> lfe.Bundle:
    folder = tmp_path_factory.mktemp("dense") / "bundle"
    specs: list[str | lfe.ExportSpec] = ["tflite/fp32", "onnx/fp16"]
    if model.config.task == "detection":
        specs.append(lfe.ExportSpec("onnx", output="boxes"))
    return lfe.export_model(
        model, folder, specs, calibration=images, evaluation=images, runs=2, keep_failed=True
    )


@pytest.mark.heavy
def test_the_manifest_describes_maps(bundle: lfe.Bundle, model: lfe.LoadedModel) -> None:
    manifest = bundle.manifest
    assert manifest.task == model.config.task
    golden = bundle.golden()
    assert [one.name for one in manifest.outputs] == list(golden.outputs)
    for one in manifest.outputs:
        assert one.layout == "CHW"
        assert golden.outputs[one.name].shape[1:] == one.shape


def test_every_file_follows_the_model(bundle: lfe.Bundle) -> None:
    for record in bundle.manifest.artifacts:
        assert record.parity is not None
        assert record.parity.agreement is not None
        assert record.parity.agreement.value > 90
        assert float(record.parity.sqnr_db) > (100 if record.precision == "fp32" else 40)
        assert (record.half is not None) == (record.precision == "fp16")


@pytest.mark.heavy
def test_outputs_that_do_not_fit_are_compared_part_by_part(
    model: lfe.LoadedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 40 images the eager model is run on 16, and on the others as their turn comes."""
    pixels = np.random.default_rng(5).integers(0, 256, (40, 64, 96, 3), np.uint8)
    images = lfe.open_images(pixels, model)
    ran = []

    def outputs(eager: EagerModel, pixels: Pixels, advance: Advance) -> Outputs:
        ran.append(len(pixels))
        return whole_outputs(eager, pixels, advance)

    whole_outputs = EagerModel.outputs
    monkeypatch.setattr(EagerModel, "outputs", outputs)
    parities = []
    for name, size in (("whole", OUTPUT_BYTES), ("parts", 1)):
        monkeypatch.setattr(parity_check, "OUTPUT_BYTES", size)
        bundle = lfe.export_model(
            model, tmp_path / name, "onnx/fp16", evaluation=images, runs=1, keep_failed=True
        )
        (record,) = bundle.manifest.artifacts
        parities.append(record.parity)
    assert ran == [40, 16, 16, 8]
    first, second = parities
    assert first is not None
    assert second is not None
    assert first.images == 40
    assert second.model_dump(exclude={"outputs"}) == first.model_dump(exclude={"outputs"})
    assert second.sqnr_db == pytest.approx(first.sqnr_db, rel=1e-9)


def test_files_give_results_in_pixels_of_the_image(
    bundle: lfe.Bundle, model: lfe.LoadedModel
) -> None:
    image = Image.fromarray(np.random.default_rng(1).integers(0, 256, (150, 90, 3), np.uint8))
    with lfe.open_model(bundle, "tflite") as opened:
        assert opened.task.name == model.config.task
        assert opened.num_classes == len(LABELS)
        found = opened(image)
        drawn = opened.draw(image, found)
    assert drawn.size == image.size
    assert not np.array_equal(np.asarray(drawn), np.asarray(image))
    if isinstance(found, DetectedObjects):
        assert len(found) > 0
        for one in found:
            assert one.label in LABELS
            left, top, right, bottom = one.box
            assert 0 <= left < right <= 90 + 1e-3
            assert 0 <= top < bottom <= 150 + 1e-3
    else:
        assert isinstance(found, SegmentedImage)
        assert found.classes.shape == (150, 90)
        assert {region.label for region in found.regions} <= set(LABELS)


def test_decoded_boxes_are_the_same_objects(bundle: lfe.Bundle) -> None:
    if bundle.manifest.task != "detection":
        return
    image = Image.fromarray(np.random.default_rng(1).integers(0, 256, (150, 90, 3), np.uint8))
    with lfe.open_model(bundle, "tflite") as maps, lfe.open_model(bundle, "onnx/fp32") as boxes:
        assert boxes.num_classes == len(LABELS)
        of_maps, of_boxes = maps(image), boxes(image)
    same = compare_boxes([(of_maps.detections, of_boxes.detections)])
    assert same.matched > 0.9 * len(of_maps) > 5  # some scores of random weights are equal


def test_the_guide_finds_the_same(
    bundle: lfe.Bundle, model: lfe.LoadedModel, tmp_path: Path
) -> None:
    photo = Image.fromarray(np.random.default_rng(1).integers(0, 256, (150, 90, 3), np.uint8))
    is_segmenter = model.config.task == "segmentation"
    after = "print(labels.tobytes().hex())" if is_segmenter else ""
    printed = run_guide(bundle.folder, photo, tmp_path, after)
    assert printed.keys() == {path.name for path in bundle.files}
    for path, text in printed.items():
        with lfe.open_model(bundle, path) as opened:
            found = opened(photo)
        if isinstance(found, SegmentedImage):
            same = np.frombuffer(bytes.fromhex(text.splitlines()[-1]), np.uint8)
            assert np.mean(same == found.classes.ravel()) > 0.999
            continue
        assert isinstance(found, DetectedObjects)
        rows = [line.split() for line in text.splitlines()]
        assert [row[0] for row in rows] == [one.label for one in found]
        numbers = [[one.score, *one.box] for one in found]
        np.testing.assert_allclose([[*map(float, row[1:])] for row in rows], numbers, rtol=1e-3)


def test_verification_needs_no_more_than_the_bundle(bundle: lfe.Bundle) -> None:
    found = lfe.verify(bundle)
    assert not found.failures
    assert {edge.second for edge in found.edges()} >= {bundle.files[0].name}


@pytest.mark.heavy
def test_a_recipe_is_searched_by_what_is_found(model: lfe.LoadedModel, images: Samples) -> None:
    pixels = np.random.default_rng(5).integers(0, 256, (4, 64, 96, 3), np.uint8)
    others = lfe.open_images(pixels, model)
    found = search_recipe(model, Bound(max_drop=100), calibration=images, evaluation=others)
    assert found.chosen == 0
    assert 0 <= found.loss.drop <= 100
