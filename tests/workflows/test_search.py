"""A recipe that is searched for by itself, and exported afterwards."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lowformer_edge as lfe
from lowformer_edge.errors import UsageError


def noise(model: lfe.LoadedModel, seed: int) -> lfe.Samples:
    pixels = np.random.default_rng(seed).integers(0, 256, (12, 64, 64, 3), np.uint8)
    return lfe.open_images(pixels, model)


@pytest.fixture(scope="module")
def model(slight_config: lfe.LowFormerConfig) -> lfe.LoadedModel:
    return lfe.load_model(config=slight_config, random_weights=True)


@pytest.mark.heavy
def test_the_recipe_of_a_search_is_proven_and_can_be_exported(
    model: lfe.LoadedModel, tmp_path: Path
) -> None:
    calibration, evaluation = noise(model, 0), noise(model, 1)
    bound = lfe.Bound(None, 10.0)
    outcome = lfe.search_recipe(model, bound, calibration=calibration, evaluation=evaluation)
    assert outcome.loss.sqnr_db >= 10
    assert outcome.loss.images == 6
    spec = lfe.ExportSpec("tflite", "int8", recipe=outcome.recipe)
    bundle = lfe.export_model(model, tmp_path / "bundle", spec, calibration=calibration, runs=1)
    assert bundle.manifest.artifacts[0].spec["recipe"] == outcome.recipe.to_dict()


def test_a_search_needs_other_images_than_those_of_the_calibration(model: lfe.LoadedModel) -> None:
    images = noise(model, 0)
    with pytest.raises(UsageError, match="images that were not calibrated on"):
        lfe.search_recipe(model, lfe.Bound(None, 1.0), calibration=images, evaluation=images)


def test_formats_without_a_search(model: lfe.LoadedModel) -> None:
    images = noise(model, 0)
    with pytest.raises(UsageError, match="search with tflite or qnn"):
        lfe.search_recipe(
            model, lfe.Bound(None, 1.0), calibration=images, evaluation=images, format="onnx"
        )
