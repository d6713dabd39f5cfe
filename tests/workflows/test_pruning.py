"""Models that are pruned within a bound, and exported afterwards."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import lowformer_edge as lfe
from lowformer_edge.artifact.manifest import Interval, Loss, Parity
from lowformer_edge.errors import UsageError
from lowformer_edge.workflows.pruning import searched_format

from ..export.pruning.copied_channels import make_copies
from ..small_models import SLIGHT

WIDE = SLIGHT.replace(name="wide", block_expansion=6, downsample_expansions=(6, 6, 6, 6))
"""With more hidden channels than multiples of eight that they are thinned to."""

DROP = 40.0
"""Points of 64 images' agreement that may be lost, since 32 images tell little."""


def noise(model: lfe.LoadedModel, seed: int, count: int) -> lfe.Samples:
    pixels = np.random.default_rng(seed).integers(0, 256, (count, 64, 64, 3), np.uint8)
    return lfe.open_images(pixels, model)


@pytest.fixture(scope="module")
def model() -> lfe.LoadedModel:
    """As if trained: half of each layer's hidden channels are copies of the other half."""
    loaded = lfe.load_model(config=WIDE, random_weights=True)
    make_copies(loaded.network)
    return dataclasses.replace(loaded, source="copies.safetensors", digest="0" * 64)


@pytest.fixture(scope="module")
def images(model: lfe.LoadedModel) -> tuple[lfe.Samples, lfe.Samples]:
    """For calibration, and for evaluation."""
    return noise(model, 0, 32), noise(model, 1, 64)


@pytest.fixture(scope="module")
def pruned(model: lfe.LoadedModel, images: tuple[lfe.Samples, lfe.Samples]) -> lfe.Pruned:
    calibration, evaluation = images
    return lfe.prune_model(
        model, DROP, calibration=calibration, evaluation=evaluation, format="onnx"
    )


@pytest.mark.heavy
def test_channels_that_nothing_needs_are_taken_out(pruned: lfe.Pruned) -> None:
    assert all(width.channels <= width.before // 2 for width in pruned.layers.values())
    assert pruned.found.loss.drop <= DROP
    assert pruned.found.loss.high <= 2 * DROP
    assert pruned.found.loss.images == 32


def test_the_files_of_a_pruned_model_say_what_it_lost(pruned: lfe.Pruned, tmp_path: Path) -> None:
    bundle = lfe.export_model(pruned, tmp_path / "bundle", ["onnx/fp32", "onnx/int8"], runs=1)
    pruning = bundle.manifest.pruning
    assert pruning is not None
    assert pruning.macs < 0.8 * pruning.macs_before
    assert set(pruning.losses) == {"wide-fp32.onnx", "wide-int8.onnx"}
    for loss in pruning.losses.values():
        assert loss.parity.images == 32
        assert loss.drop is not None
        assert loss.drop.high <= 2 * DROP
    parities = {item.precision: item.parity for item in bundle.manifest.artifacts}
    assert parities["fp32"] is not None
    assert float(parities["fp32"].sqnr_db) > 80  # to the pruned model itself


def test_the_images_that_a_model_was_pruned_with_judge_its_files(
    model: lfe.LoadedModel, pruned: lfe.Pruned, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="by the images that it was pruned with"):
        lfe.export_model(pruned, tmp_path / "b", "onnx/int8", evaluation=noise(model, 2, 8))
    with pytest.raises(UsageError, match="leave `bound`"):
        lfe.export_model(pruned, tmp_path / "b", "onnx/int8", bound=lfe.Bound(1.0))


def test_files_that_lose_more_than_they_may_are_named(pruned: lfe.Pruned) -> None:
    closeness = {"logits": {"sqnr_db": 12.0, "cosine": 0.9, "max_difference": 1.0}}
    parity = Parity.model_validate(
        {
            "images": 32,
            "data": "noise",
            "outputs": closeness,
            "agreement": {"value": 50.0, "low": 40.0, "high": 60.0},
        }
    )
    loss = Loss(parity=parity, drop=Interval(value=50.0, low=40.0, high=60.0))
    (line,) = pruned.failures("wide-int8.onnx", loss)
    assert line == (
        "wide-int8.onnx: loses 50.00 points against the model as it was, 60.00 at the upper end of"
        " the 95 % interval, on 32 images; 40 and 80 are allowed"
    )


def test_random_weights_have_nothing_to_measure(
    model: lfe.LoadedModel, images: tuple[lfe.Samples, lfe.Samples]
) -> None:
    random = dataclasses.replace(model, digest=None)
    with pytest.raises(UsageError, match="nothing to measure"):
        lfe.prune_model(random, 1.0, calibration=images[0], evaluation=images[1])


def test_pruning_is_proven_on_other_images(
    model: lfe.LoadedModel, images: tuple[lfe.Samples, lfe.Samples]
) -> None:
    with pytest.raises(UsageError, match="images that were not calibrated on"):
        lfe.prune_model(model, 1.0, calibration=images[0], evaluation=images[0])


def test_formats_that_are_not_run_here_cannot_guide() -> None:
    assert searched_format(["coreml", "onnx", "tflite"]) == "tflite"
    with pytest.raises(UsageError, match="export to one of them too"):
        searched_format(["coreml", "qnn"])
