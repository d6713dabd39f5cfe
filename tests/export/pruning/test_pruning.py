from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from lowformer_edge.artifact.samples import Samples
from lowformer_edge.calibration.ranges import model_digest
from lowformer_edge.export.pruning.hidden_layer import Projection
from lowformer_edge.export.pruning.observation import observe
from lowformer_edge.export.pruning.pruning import (
    hidden_layers,
    narrowed,
    prune,
    thin_layers,
    with_thinned,
)
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.network import Network, named_outputs
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.tasks.closeness import sqnr

from ...small_models import ATTENTIVE, TINY
from ..conversion import SPEC
from .copied_channels import make_copies

CONFIGS = {
    "fused": TINY,
    "unfused": TINY.replace(fused=False),
    "detector": TINY.for_task("detection", channels=8, convs=2).replace(input_size=64),
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
    values = named_outputs(network(inputs_of(images)))
    return np.concatenate([one.ravel() for one in values.values()])


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_copies_of_channels_are_taken_out_without_loss(
    config: LowFormerConfig, images: Samples
) -> None:
    network = random_model(config)
    layers = hidden_layers(network)
    make_copies(network)
    kept = {layer: np.arange(layer.channels // 2) for layer in layers}
    before = model_digest(network)
    pruned = prune(network, kept, images, SPEC)
    assert model_digest(network) == before
    assert [layer.channels for layer in hidden_layers(pruned)] == [
        len(places) for places in kept.values()
    ]
    assert sqnr(outputs(network, images), outputs(pruned, images)) > 60


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_fitting_on_what_thinner_layers_give_loses_less(
    config: LowFormerConfig, images: Samples
) -> None:
    network = random_model(config)
    fewer = thin_layers(network, images, SPEC, lambda layer: [layer.channels // 2])
    kept = {layer: by_count[layer.channels // 2].kept for layer, by_count in fewer.items()}
    whole = outputs(network, images)
    together = sqnr(whole, outputs(prune(network, kept, images, SPEC), images))
    assert together > sqnr(whole, outputs(narrowed(network, kept), images)) + 3


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_a_thinned_layer_has_the_error_that_is_said_of_it(
    config: LowFormerConfig, images: Samples
) -> None:
    network = random_model(config)
    few = images.first(12)  # whose maps are taken whole
    whole = outputs(network, few)
    by_layer = thin_layers(network, few, SPEC, lambda layer: [2, 4])
    assert list(by_layer) == hidden_layers(network)
    for layer, by_count in by_layer.items():
        assert by_count[2].error > by_count[4].error > 0
        if {projection.conv for projection in layer.projections} & set(layer.makers):
            continue  # gives fewer channels than it gave
        thin = with_thinned(network, layer, by_count[4])
        errors = [projected_error(network, thin, one, few) for one in layer.projections]
        assert by_count[4].error == pytest.approx(np.mean(errors), rel=0.01)
    assert np.array_equal(outputs(network, few), whole)


def projected_error(
    network: Network, thin: Network, projection: Projection, images: Samples
) -> float:
    """Power of the error of what a projection gives, over the power of that."""
    wanted, given = (
        torch.cat([maps.flatten(2) for _, maps in seen[projection.conv]], 2).double()
        for _, seen in (
            observe(one, [projection.conv], inputs_of(images)) for one in (network, thin)
        )
    )
    if projection.norm is not None:
        before, after = (
            one.get_buffer(f"{projection.norm}.running_mean") for one in (network, thin)
        )
        given += (before - after).double()[:, None]
    return float((wanted - given).square().sum() / wanted.square().sum())


def test_the_same_comes_of_the_same(images: Samples) -> None:
    network = random_model(ATTENTIVE)
    kept = {layer: np.arange(0, layer.channels, 2) for layer in hidden_layers(network)}
    first, second = (prune(network, kept, images, SPEC) for _ in range(2))
    assert model_digest(first) == model_digest(second)
