from __future__ import annotations

import pytest
import torch

from lowformer_edge.export.pruning.pruning import hidden_layers
from lowformer_edge.export.pruning.widths import with_channels
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.cost import cost_of
from lowformer_edge.models.dense_head import DetectionHead
from lowformer_edge.models.network import Network, build_network

from ...small_models import TINY

CONFIGS = {
    "classifier": TINY,
    "unfused": TINY.replace(fused=False),
    "without MLP": TINY.replace(mlp=False),
    "detector": TINY.for_task("detection", channels=8, convs=3).replace(input_size=64),
    "detector without towers": TINY.replace(dense_head=DetectionHead(12, 12, 0, 3), input_size=64),
    "segmenter": TINY.for_task("segmentation", channels=8).replace(input_size=64),
}


def network_of(config: LowFormerConfig) -> Network:
    with torch.device("meta"):
        return build_network(config)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_a_config_has_the_channels_that_it_is_given(config: LowFormerConfig) -> None:
    layers = hidden_layers(network_of(config))
    counts = {layer: 8 + place for place, layer in enumerate(layers)}
    changed = hidden_layers(network_of(with_channels(config, counts)))
    assert [layer.channels for layer in changed] == list(counts.values())
    assert [layer.path for layer in changed] == [layer.path for layer in layers]


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_layers_that_are_left_out_keep_theirs(config: LowFormerConfig) -> None:
    assert cost_of(with_channels(config, {})) == cost_of(config)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_weights_that_are_narrowed_are_those_of_the_narrower_config(
    config: LowFormerConfig,
) -> None:
    network = network_of(config)
    for layer in hidden_layers(network):
        kept = torch.arange(0, layer.channels, 2)
        state = network.state_dict()
        changed = {**state, **layer.narrowed(state, kept)}
        wanted = network_of(with_channels(config, {layer: len(kept)})).state_dict()
        assert {name: value.shape for name, value in changed.items()} == {
            name: value.shape for name, value in wanted.items()
        }
