"""Models that were trained in the caller's own loop."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

import lowformer_edge as lfe
from lowformer_edge.artifact.size import sides_of
from lowformer_edge.errors import UsageError
from lowformer_edge.models.random_weights import random_model


@pytest.fixture
def network(slight_config: lfe.LowFormerConfig) -> lfe.LowFormer:
    network = random_model(slight_config)
    assert isinstance(network, lfe.LowFormer)
    return network


def test_what_is_taken_does_not_change_with_further_training(network: lfe.LowFormer) -> None:
    model = lfe.from_module(network)
    before = {key: value.clone() for key, value in model.network.state_dict().items()}
    network.train()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(1)
    assert not model.network.training
    for key, value in model.network.state_dict().items():
        assert torch.equal(value, before[key])


def test_the_callers_model_is_left_as_it_was(network: lfe.LowFormer) -> None:
    network.train().requires_grad_(True)
    lfe.from_module(network)
    assert network.training
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_the_digest_is_of_the_weights(network: lfe.LowFormer) -> None:
    first, again = lfe.from_module(network), lfe.from_module(network, labels=list("abcde"))
    assert first.digest == again.digest
    assert not first.is_random
    with torch.no_grad():
        next(network.parameters()).view(-1)[0] += 1
    assert lfe.from_module(network).digest != first.digest


def test_weights_of_half_precision_are_taken_as_floats(network: lfe.LowFormer) -> None:
    model = lfe.from_module(network.to(torch.bfloat16))
    assert {value.dtype for value in model.network.parameters()} == {torch.float32}


def test_preprocessing_is_imagenets_at_the_models_size(network: lfe.LowFormer) -> None:
    assert lfe.from_module(network).preprocessing == lfe.Preprocessing(
        size=network.config.input_size
    )


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_weights_that_are_no_numbers(bad: float, network: lfe.LowFormer) -> None:
    with torch.no_grad():
        next(network.parameters()).view(-1)[0] = bad
    with pytest.raises(UsageError, match="`network` holds NaN or infinite values in backbone"):
        lfe.from_module(network)


def test_preprocessing_of_another_size(network: lfe.LowFormer) -> None:
    with pytest.raises(UsageError, match="`preprocessing` gives 224 x 224 pixels"):
        lfe.from_module(network, lfe.Preprocessing(size=224))


def test_labels_of_another_model(network: lfe.LowFormer) -> None:
    with pytest.raises(UsageError, match="2 class names were given"):
        lfe.from_module(network, labels=["cat", "dog"])


def test_labels_from_a_file(network: lfe.LowFormer, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("a\nb\nc\nd\ne\n")
    assert lfe.from_module(network, labels=tmp_path / "names.txt").labels == tuple("abcde")


@pytest.mark.parametrize("task", ["detection", "segmentation"])
def test_networks_for_other_tasks(task: str, slight_config: lfe.LowFormerConfig) -> None:
    config = slight_config.for_task(task, channels=4).replace(input_size=64)
    model = lfe.from_module(random_model(config), name="my detector")
    assert model.config == config
    assert model.preprocessing == lfe.Preprocessing(
        64, 1.0, interpolation="bilinear", resize_mode="letterbox"
    )
    assert set(model.preprocessing_sources.values()) == {"usual of mmdet and mmseg"}
    assert model.task.name == task


def test_a_new_last_layer_leaves_the_others(network: lfe.LowFormer) -> None:
    images = torch.randn(2, 3, *sides_of(network.config.input_size))
    with torch.no_grad():
        features = network.backbone(images)
        network.reset_classifier(2)
        assert torch.equal(network.backbone(images), features)
        assert network(images).shape == (2, 2)
    assert network.config.num_classes == lfe.from_module(network).num_classes == 2


def test_it_is_exported_opened_and_verified(network: lfe.LowFormer, tmp_path: Path) -> None:
    model = lfe.from_module(network, labels=list("abcde"), name="mine")
    pixels = np.random.default_rng(0).integers(0, 256, (12, 80, 70, 3), np.uint8)
    images = lfe.open_images(pixels, model)
    bundle = lfe.export_model(
        model, tmp_path / "bundle", ["tflite/fp32", "tflite/int8"], calibration=images, runs=1
    )
    assert bundle.manifest.source.name == "mine"
    assert bundle.manifest.source.fit_for_accuracy
    verification = lfe.verify(bundle, images=images, weights=model)
    assert verification.failures == ()
    assert any(link.second.startswith("rewritten") for link in verification.check.links)
    with torch.no_grad():
        expected = model.network(torch.from_numpy(model.preprocessing.normalise(images.pixels)))
    with lfe.open_model(bundle, "fp32") as deployed:
        logits = deployed.run(model.preprocessing.normalise(images.pixels))["logits"]
        (best,) = deployed(pixels[0], top=1)
    np.testing.assert_allclose(logits, expected.numpy(), atol=1e-4)
    assert best.label == "abcde"[int(expected[0].argmax())]
