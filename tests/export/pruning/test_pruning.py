from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from lowformer_edge.artifact.samples import Samples
from lowformer_edge.calibration.ranges import model_digest
from lowformer_edge.export.pruning.cut import Cut
from lowformer_edge.export.pruning.hidden_layer import HiddenLayer, LayerWidth, Projection
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
    "of low rank": TINY.replace(spatial_ranks=((5,), (6,), (0, 7), (9, 3), (10, 0))),
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
    cuts = {layer: Cut(np.arange(layer.channels // 2), layer.width.rank) for layer in layers}
    before = model_digest(network)
    pruned = prune(network, cuts, images, SPEC)
    assert model_digest(network) == before
    assert [layer.width for layer in hidden_layers(pruned)] == [cut.width for cut in cuts.values()]
    assert sqnr(outputs(network, images), outputs(pruned, images)) > 60


@pytest.mark.parametrize("name", ["fused", "unfused", "detector", "segmenter"])
def test_fitting_on_what_thinner_layers_give_loses_less(name: str, images: Samples) -> None:
    network = random_model(CONFIGS[name])
    fewer = thin_layers(network, images, SPEC, lambda layer: [half_of(layer)])
    cuts = {layer: by_width[half_of(layer)].cut for layer, by_width in fewer.items()}
    whole = outputs(network, images)
    together = sqnr(whole, outputs(prune(network, cuts, images, SPEC), images))
    assert together > sqnr(whole, outputs(narrowed(network, cuts), images)) + 3


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_a_thinned_layer_has_the_error_that_is_said_of_it(
    config: LowFormerConfig, images: Samples
) -> None:
    network = random_model(config)
    few = images.first(12)  # whose maps are taken whole
    whole = outputs(network, few)
    by_layer = thin_layers(network, few, SPEC, lambda layer: [few_of(layer, 2), few_of(layer, 4)])
    assert list(by_layer) == hidden_layers(network)
    for layer, by_width in by_layer.items():
        narrow, wider = by_width.values()
        assert narrow.error > wider.error > 0
        if {projection.conv for projection in layer.projections} & set(layer.makers):
            continue  # gives fewer channels than it gave
        thin = with_thinned(network, layer, wider)
        errors = [projected_error(network, thin, one, few) for one in layer.projections]
        assert wider.error == pytest.approx(np.mean(errors), rel=0.01)
    assert np.array_equal(outputs(network, few), whole)


def few_of(layer: HiddenLayer, channels: int) -> LayerWidth:
    return LayerWidth(channels, layer.width.rank)


def half_of(layer: HiddenLayer) -> LayerWidth:
    return few_of(layer, layer.channels // 2)


@pytest.mark.parametrize("config", [TINY, CONFIGS["of low rank"]], ids=["fused", "of low rank"])
def test_a_layer_of_lower_rank_has_the_error_that_is_said_of_it(
    config: LowFormerConfig, images: Samples
) -> None:
    network = random_model(config)
    few = images.first(12)

    def lower(layer: HiddenLayer) -> list[LayerWidth]:
        return [LayerWidth(layer.channels - 1, rank) for rank in (1, 2) if layer.spatial]

    for layer, by_width in thin_layers(network, few, SPEC, lower).items():
        for width, thin in by_width.items():
            assert thin.cut.width == width
            other = with_thinned(network, layer, thin)
            (error,) = (projected_error(network, other, one, few) for one in layer.projections)
            assert error <= thin.error * 1.05  # which was told on some of the places
            assert error >= thin.error / 1.05


def test_kernels_of_low_rank_become_so_without_loss(images: Samples) -> None:
    network = random_model(CONFIGS["of low rank"])
    whole = merged(network)
    cuts = {
        layer: Cut(np.arange(layer.channels), RANK)
        for layer in hidden_layers(whole)
        if layer.spatial and "stages.2.op_list.0" in layer.path
    }
    assert cuts
    pruned = prune(whole, cuts, images, SPEC)
    assert sqnr(outputs(whole, images), outputs(pruned, images)) > 60


RANK = 9
"""Of the kernel of stage 3's first block."""


def merged(network: Network) -> Network:
    """The same with each 3x3 convolution and the 1x1 one after it as one convolution."""
    state = dict(network.state_dict())
    for name in [name for name in state if ".reduced_conv." in name]:
        own = name.replace("reduced_conv.weight", "spatial_conv.conv.weight")
        state[own] = torch.einsum("cr,rihw->cihw", state[own][:, :, 0, 0], state.pop(name))
    whole = random_model(network.config.replace(spatial_ranks=()))
    whole.load_state_dict(state)
    return whole


def test_only_widths_that_are_chosen_are_fitted(images: Samples) -> None:
    network = random_model(ATTENTIVE)
    thinned = thin_layers(
        network,
        images.first(4),
        SPEC,
        lambda layer: [few_of(layer, 2), few_of(layer, 4)],
        lambda layer, errors: [max(errors, key=errors.__getitem__)],
    )
    assert all(list(by_width) == [few_of(layer, 2)] for layer, by_width in thinned.items())


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
    cuts = {
        layer: Cut(np.arange(0, layer.channels, 2), 3 if layer.spatial else 0)
        for layer in hidden_layers(network)
    }
    first, second = (prune(network, cuts, images, SPEC) for _ in range(2))
    assert model_digest(first) == model_digest(second)
