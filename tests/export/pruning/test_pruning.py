from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from lowformer_edge.artifact.samples import Samples
from lowformer_edge.calibration.ranges import model_digest
from lowformer_edge.export.pruning.hidden_layer import HiddenLayer, hidden_layers
from lowformer_edge.export.pruning.pruning import (
    prune,
    thin_layers,
    thinned,
    with_thinned,
)
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.network import Network, named_outputs
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.tasks.closeness import sqnr

from ...small_models import ATTENTIVE, TINY
from ..conversion import SPEC

CONFIGS = {
    "fused": TINY,
    "unfused": TINY.replace(fused=False),
    "segmenter": ATTENTIVE.for_task("segmentation", channels=8).replace(input_size=64),
}


@pytest.fixture(scope="module")
def images() -> Samples:
    pixels = np.random.default_rng(3).integers(0, 256, (24, 64, 64, 3), np.uint8)
    return Samples("noise", pixels)


def inputs_of(images: Samples) -> Tensor:
    return torch.from_numpy(SPEC.normalise(images.pixels))


@torch.no_grad()
def outputs(network: Network, images: Samples) -> np.ndarray:
    return named_outputs(network(inputs_of(images)))["logits"]


def with_copies(network: Network, layer: HiddenLayer) -> Network:
    """Makes the second half of a layer's channels copies of the first."""
    module = network.get_submodule(layer.path)
    half = layer.channels // 2
    with torch.no_grad():
        for name, value in module.state_dict().items():
            if name.startswith((layer.projection, "point_conv.norm", "0.")) or not value.ndim:
                continue
            value[half : 2 * half] = value[:half]
    return network


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_copies_of_channels_are_taken_out_without_loss(
    config: LowFormerConfig, images: Samples
) -> None:
    network = random_model(config)
    layers = hidden_layers(network.backbone)
    for layer in layers:
        with_copies(network, layer)
    kept = {layer: np.arange(layer.channels // 2) for layer in layers}
    before = model_digest(network)
    pruned = prune(network, kept, images, SPEC)
    assert model_digest(network) == before
    assert [layer.channels for layer in hidden_layers(pruned.backbone)] == [
        len(places) for places in kept.values()
    ]
    assert sqnr(outputs(network, images), outputs(pruned, images)) > 60


def test_fitting_on_what_thinner_layers_give_loses_less(images: Samples) -> None:
    network = random_model(TINY)
    fewer = thin_layers(network, images, SPEC, lambda layer: [layer.channels // 2])
    kept = {layer: by_count[layer.channels // 2].kept for layer, by_count in fewer.items()}
    alone = {layer: by_count[layer.channels // 2] for layer, by_count in fewer.items()}
    whole = outputs(network, images)
    together = sqnr(whole, outputs(prune(network, kept, images, SPEC), images))
    assert together > sqnr(whole, outputs(with_thinned(network, alone), images))


def test_a_layer_is_thin_for_a_while(images: Samples) -> None:
    network = random_model(TINY)
    whole = outputs(network, images)
    (layer, *_) = layers = hidden_layers(network.backbone)
    by_layer = thin_layers(network, images, SPEC, lambda one: [2, 4] if one == layer else [])
    assert list(by_layer) == layers
    assert by_layer[layer][2].error > by_layer[layer][4].error > 0
    for thin in by_layer[layer].values():
        with thinned(network, layer, thin):
            narrow = outputs(network, images)
        assert not np.array_equal(narrow, whole)
        assert np.array_equal(narrow, outputs(with_thinned(network, {layer: thin}), images))
    assert np.array_equal(outputs(network, images), whole)


def test_the_same_comes_of_the_same(images: Samples) -> None:
    network = random_model(ATTENTIVE)
    kept = {layer: np.arange(0, layer.channels, 2) for layer in hidden_layers(network.backbone)}
    first, second = (prune(network, kept, images, SPEC) for _ in range(2))
    assert model_digest(first) == model_digest(second)
