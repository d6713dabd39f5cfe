"""The bundled detector and segmenter are what the README says they are."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from lowformer_edge import demo
from lowformer_edge.artifact.outputs import Outputs
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.calibration.data.decoding import decode
from lowformer_edge.demo.scenes import HARD, PLAIN, SceneKind
from lowformer_edge.export.eager import reference_outputs
from lowformer_edge.models.dense_head import DetectionHead
from lowformer_edge.models.loading import LoadedModel, load_model
from lowformer_edge.workflows.bundled import bundled_scenes

SCENES = 60
"""Of 500, which is what the README's figures are of."""

TASKS = ("detect", "segment")


@pytest.fixture(scope="module", params=TASKS)
def model(request: pytest.FixtureRequest) -> LoadedModel:
    return load_model(task=request.param)


def judged(model: LoadedModel, kind: SceneKind) -> tuple[Samples, Outputs]:
    scenes = decode(bundled_scenes(model, kind).sample(SCENES), model.preprocessing)
    outputs = reference_outputs(
        model.network, scenes.pixels, model.preprocessing, lambda count: None
    )
    return scenes, outputs


@pytest.mark.parametrize("checkpoint", demo.CHECKPOINTS, ids=lambda path: path.stem)
def test_checkpoints_are_small(checkpoint: Path) -> None:
    assert checkpoint.stat().st_size < 4_000_000


def test_weights_are_finite(model: LoadedModel) -> None:
    for key, value in model.network.state_dict().items():
        assert bool(torch.isfinite(value).all()), key


def test_the_detector_has_the_head_for_phones() -> None:
    assert load_model(task="detect").config.dense_head == DetectionHead(
        neck_channels=64, channels=64, convs=2
    )


@pytest.mark.parametrize(("kind", "least"), [(PLAIN, 75), (HARD, 50)], ids=["plain", "hard"])
def test_the_detectors_precision(kind: SceneKind, least: float) -> None:
    pytest.importorskip("pycocotools", reason="pycocotools is not installed")
    model = load_model(task="detect")
    scenes, outputs = judged(model, kind)
    measures = model.task.compare(outputs, outputs, scenes.truths).measures
    assert measures["AP50"].value >= least


@pytest.mark.parametrize(("kind", "least"), [(PLAIN, 72), (HARD, 47)], ids=["plain", "hard"])
def test_the_segmenters_mean_iou(kind: SceneKind, least: float) -> None:
    model = load_model(task="segment")
    scenes, outputs = judged(model, kind)
    measures = model.task.compare(outputs, outputs, scenes.truths).measures
    assert measures["mIoU"].value >= least
