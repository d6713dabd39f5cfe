"""What a report shows of detectors and segmenters."""

from __future__ import annotations

import base64
import dataclasses
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lowformer_edge as lfe
from lowformer_edge.artifact.manifest import Measure
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.report.evidence import Evidence, read_evidence
from lowformer_edge.report.page import render

from ..small_models import SLIGHT
from .markup import Markup

LABELS = ("cat", "a <b>dog</b>", "cow")
WORDS = {
    "detection": "Same boxes is the share of boxes that both find",
    "segmentation": "Same pixels is the share of the map's places with the same class",
}


@pytest.fixture(scope="module", params=WORDS)
def evidence(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    config = SLIGHT.for_task(request.param, channels=8)
    network = random_model(config.replace(num_classes=len(LABELS), input_size=(64, 96)))
    if request.param == "detection":
        network.get_parameter("bbox_head.retina_cls.weight").data *= 20  # some scores are high
    model = lfe.from_module(network, labels=LABELS)
    pixels = np.random.default_rng(0).integers(0, 256, (2, 64, 96, 3), np.uint8)
    images: Samples = lfe.open_images(pixels, model)
    folder: Path = tmp_path_factory.mktemp("report") / "bundle"
    lfe.export_model(model, folder, "onnx/fp32", evaluation=images, runs=2)
    return read_evidence(folder)


def words(evidence: Evidence) -> str:
    """A page's text, with single spaces."""
    return " ".join(Markup(render(evidence).html).text.split())


def test_parity_is_told_in_the_tasks_words(evidence: Evidence) -> None:
    text = words(evidence)
    assert WORDS[evidence.manifest.task] in text
    assert "top-1" not in text
    assert "Accuracy: no images were given of which it is known what they show." in text


def test_golden_inputs_are_shown_with_their_results(evidence: Evidence) -> None:
    page = render(evidence)
    assert "pictures" in page.sections
    markup = Markup(page.html)
    shown = [
        attributes
        for (name, _), attributes in zip(markup.elements, markup.attributes, strict=True)
        if name == "img"
    ]
    assert len(shown) == 2
    for picture in shown:
        header, _, content = picture["src"].partition(",")
        assert header == "data:image/jpeg;base64"
        with Image.open(io.BytesIO(base64.b64decode(content))) as image:
            assert image.size == (int(picture["width"]), int(picture["height"])) == (480, 320)
        assert any(label in picture["alt"] for label in LABELS)


def test_names_in_pictures_are_no_markup(evidence: Evidence) -> None:
    assert "<b>dog" not in render(evidence).html


def test_what_was_measured_is_beside_the_eager_models(evidence: Evidence) -> None:
    names = {"detection": ("AP", "AP50"), "segmentation": ("mIoU", "pixel accuracy")}
    main, other = names[evidence.manifest.task]
    (artifact,) = evidence.manifest.artifacts
    assert artifact.parity is not None
    measures = {main: Measure(value=61.5, reference=62), other: Measure(value=80, reference=81)}
    parity = artifact.parity.model_copy(update={"measures": measures})
    source = evidence.manifest.source.model_copy(update={"fit_for_accuracy": True})
    manifest = evidence.manifest.model_copy(
        update={"artifacts": (artifact.model_copy(update={"parity": parity}),), "source": source}
    )
    text = " ".join(
        Markup(render(dataclasses.replace(evidence, manifest=manifest)).html).text.split()
    )
    assert "eager model 62.00 81.00" in text
    assert "61.50 80.00 −0.50" in text
    assert f"Least {main} 61.50 of all files; the eager model has {main} 62.00" in text


def test_a_classifier_has_no_pictures(demo_bundle: Path) -> None:
    page = render(read_evidence(demo_bundle))
    assert "pictures" not in page.sections
    assert "<img" not in page.html
