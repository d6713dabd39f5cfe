from __future__ import annotations

import pytest
import torch

from lowformer_edge.export.pruning.hidden_layer import LayerWidth
from lowformer_edge.export.pruning.pruning import hidden_layers
from lowformer_edge.export.pruning.widths import with_widths
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.cost import cost_of
from lowformer_edge.models.dense_head import DetectionHead
from lowformer_edge.models.network import Network, build_network

from ...small_models import TINY

CONFIGS = {
    "classifier": TINY,
    "unfused": TINY.replace(fused=False),
    "of low rank": TINY.replace(spatial_ranks=((5,), (6,), (0, 7), (9, 3), (10, 0))),
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
    widths = {
        layer: LayerWidth(8 + place, 3 + place if layer.spatial else 0)
        for place, layer in enumerate(layers)
    }
    changed = hidden_layers(network_of(with_widths(config, widths)))
    assert [layer.width for layer in changed] == list(widths.values())
    assert [layer.path for layer in changed] == [layer.path for layer in layers]


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_layers_that_are_left_out_keep_theirs(config: LowFormerConfig) -> None:
    assert cost_of(with_widths(config, {})) == cost_of(config)
    assert with_widths(config, {}).spatial_ranks == config.spatial_ranks


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_weights_that_are_narrowed_are_those_of_the_narrower_config(
    config: LowFormerConfig,
) -> None:
    network = network_of(config)
    for layer in hidden_layers(network):
        kept = torch.arange(0, layer.channels, 2)
        state = network.state_dict()
        changed = {**state, **layer.narrowed(state, kept)}
        width = LayerWidth(len(kept), layer.width.rank)
        wanted = network_of(with_widths(config, {layer: width})).state_dict()
        assert {name: value.shape for name, value in changed.items()} == {
            name: value.shape for name, value in wanted.items()
        }
