from __future__ import annotations

import pytest
import torch

from lowformer_edge.export.pruning.hidden_layer import chain, hidden_layers, with_channels
from lowformer_edge.models.cost import cost_of
from lowformer_edge.models.network import build_network
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.models.variants import VARIANTS

from ...small_models import TINY

CONFIGS = {
    "fused": TINY,
    "unfused": TINY.replace(fused=False),
    "without MLP": TINY.replace(mlp=False),
    "without attention": TINY.replace(attention=False),
    "neither": TINY.replace(attention=False, mlp=False),
    "detector": TINY.for_task("detection", channels=8, convs=1).replace(input_size=64),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_every_mbconv_and_mlp_of_a_variant_has_one(name: str) -> None:
    config = VARIANTS[name]
    with torch.device("meta"):
        layers = hidden_layers(build_network(config).backbone)
    blocks = config.depths[0] + sum(config.depths[1:3]) + sum(d + 1 for d in config.depths[3:])
    assert sum(not layer.is_mlp for layer in layers) == blocks
    assert sum(layer.is_mlp for layer in layers) == (sum(config.depths[3:]) if config.mlp else 0)
    for layer in layers:
        stated = config.mlp_hidden if layer.is_mlp else config.hidden
        block = layer.block
        assert layer.channels == stated(layer.stage, block)


@pytest.mark.parametrize("name", CONFIGS)
def test_the_chain_is_the_backbone(name: str) -> None:
    network = random_model(CONFIGS[name])
    images = torch.randn(2, 3, 64, 64)
    values = images
    with torch.no_grad():
        for link in chain(network.backbone):
            assert network.get_submodule(link.path) is link.module
            values = link.module(values)
        assert torch.equal(values, network.backbone(images))


@pytest.mark.parametrize("name", CONFIGS)
def test_a_config_has_the_channels_that_it_is_given(name: str) -> None:
    config = CONFIGS[name]
    layers = hidden_layers(build_network(config).backbone)
    counts = {layer: 8 + place for place, layer in enumerate(layers)}
    narrower = with_channels(config, counts)
    with torch.device("meta"):
        changed = hidden_layers(build_network(narrower).backbone)
    assert [layer.channels for layer in changed] == list(counts.values())
    assert [layer.path for layer in changed] == [layer.path for layer in layers]
    same = with_channels(config, {})
    assert cost_of(same) == cost_of(config)
