from __future__ import annotations

import pytest
import torch

from lowformer_edge.export.pruning.chain import chain
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
        links = chain(build_network(config).backbone)
    layers = [link.layer for link in links if link.layer]
    fields = [layer.field for layer in layers]
    blocks = config.depths[0] + sum(config.depths[1:3]) + sum(d + 1 for d in config.depths[3:])
    assert fields.count("hidden_channels") == blocks
    assert fields.count("mlp_channels") == (sum(config.depths[3:]) if config.mlp else 0)
    for layer in layers:
        stage, block = layer.place
        is_mlp = layer.field == "mlp_channels"
        stated = config.mlp_hidden(stage + 3, block) if is_mlp else config.hidden(stage, block)
        assert layer.channels == stated


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
