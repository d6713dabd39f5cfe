from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from lowformer_edge.export.pruning.hidden_layer import HiddenLayer, LayerWidth, SpatialConv
from lowformer_edge.export.pruning.low_rank import Components, decomposed
from lowformer_edge.export.pruning.pruning import hidden_layers
from lowformer_edge.export.pruning.widths import with_widths
from lowformer_edge.models.blocks import FusedMBConv
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.network import Network, build_network
from lowformer_edge.models.random_weights import random_model

from ...small_models import TINY

RANKED = TINY.replace(spatial_ranks=((5,), (6,), (0, 7), (9, 3), (10, 0)))
CONFIGS = {"whole": TINY, "of lower rank already": RANKED}


def spatial_layers(network: Network) -> list[tuple[HiddenLayer, SpatialConv]]:
    return [(layer, layer.spatial) for layer in hidden_layers(network) if layer.spatial]


def block_of(network: Network, layer: HiddenLayer) -> FusedMBConv:
    block = network.get_submodule(layer.path)
    assert isinstance(block, FusedMBConv)
    return block


@torch.no_grad()
def before_activation(block: FusedMBConv, inputs: Tensor) -> Tensor:
    """Rows of what the hard-swish takes."""
    made = block.spatial_conv
    return made.norm(made.conv(block.reduced_conv(inputs))).movedim(1, -1).flatten(0, -2)


def with_rank(network: Network, layer: HiddenLayer, rank: int, inputs: Tensor) -> FusedMBConv:
    """The block of a layer with a lower rank, for its inputs."""
    assert layer.spatial
    values = before_activation(block_of(network, layer), inputs)
    subspace = Components.of_values(values).first(rank)
    state = {**network.state_dict(), **decomposed(network.state_dict(), layer.spatial, subspace)}
    config = with_widths(network.config, {layer: LayerWidth(layer.channels, rank)})
    lower = build_network(config).eval()
    lower.load_state_dict(state)
    return block_of(lower, layer)


def inputs_of(conv: SpatialConv) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(4, conv.inputs, 12, 12, generator=generator)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_a_convolution_of_full_rank_gives_the_same(config: LowFormerConfig) -> None:
    network = random_model(config)
    for layer, conv in spatial_layers(network):
        inputs = inputs_of(conv)
        whole = before_activation(block_of(network, layer), inputs)
        lower = before_activation(with_rank(network, layer, layer.channels, inputs), inputs)
        torch.testing.assert_close(lower, whole, rtol=1e-3, atol=1e-4 * float(whole.abs().max()))


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_a_lower_rank_leaves_out_the_variance_of_the_least_components(
    config: LowFormerConfig,
) -> None:
    network = random_model(config)
    for layer, conv in spatial_layers(network):
        inputs = inputs_of(conv)
        whole = before_activation(block_of(network, layer), inputs).double()
        lower = before_activation(with_rank(network, layer, 2, inputs), inputs).double()
        spread = torch.linalg.svdvals(whole - whole.mean(0)).square()
        left_out = float((whole - lower).square().sum())
        assert left_out == pytest.approx(float(spread[2:].sum()), rel=1e-3)


def test_a_subspace_says_what_the_convolution_will_give() -> None:
    network = random_model(TINY)
    layer, conv = spatial_layers(network)[0]
    inputs = inputs_of(conv)
    values = before_activation(block_of(network, layer), inputs)
    lower = with_rank(network, layer, 3, inputs)
    with torch.no_grad():
        made = lower.spatial_conv(lower.reduced_conv(inputs)).movedim(1, -1).flatten(0, -2)
    said = Components.of_values(values).first(3).hidden(values)
    torch.testing.assert_close(made, said, rtol=1e-3, atol=1e-4)


def test_channels_that_are_constant_stay_so() -> None:
    network = random_model(TINY)
    layer, conv = spatial_layers(network)[0]
    network.get_parameter(f"{conv.norm}.weight").data[1] = 0
    inputs = inputs_of(conv)
    whole = before_activation(block_of(network, layer), inputs)
    lower = before_activation(with_rank(network, layer, 3, inputs), inputs)
    assert torch.isfinite(lower).all()
    torch.testing.assert_close(lower[:, 1], whole[:, 1])


@given(st.integers(0, 1000), st.integers(1, 16))
@settings(deadline=None)
def test_no_channel_is_far_larger_than_the_others(seed: int, rank: int) -> None:
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(500, 16)) * 0.5 ** np.arange(16)
    turned = values @ np.linalg.qr(generator.normal(size=(16, 16)))[0]
    deviations = torch.from_numpy(turned)
    subspace = Components.of_values(deviations).first(rank)
    torch.testing.assert_close(subspace.basis.T @ subspace.basis, torch.eye(rank).double())
    power = ((deviations - subspace.mean) @ subspace.basis).square().mean(0)
    assert float(power.max() / power.mean()) < 2.1
