from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import pytest

from lowformer_edge.artifact.outputs import Outputs
from lowformer_edge.artifact.pixel_file import Pixels
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.calibration.recipe import quantizable_kinds
from lowformer_edge.export.pruning.cut import Cut, Cuts, widths_of_cuts
from lowformer_edge.export.pruning.hidden_layer import HiddenLayer, LayerWidth
from lowformer_edge.export.pruning.pruning import hidden_layers, narrowed, thin_layers
from lowformer_edge.export.pruning.widths import with_widths
from lowformer_edge.export.rewrites.table import rewrite
from lowformer_edge.export.search.channels import (
    best_widths,
    channel_choices,
    widths_of,
    with_added_ops,
)
from lowformer_edge.export.search.solver import Choice, Mix
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.cost import cost_of
from lowformer_edge.models.network import Network
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.models.variants import VARIANTS
from lowformer_edge.progress import SilentProgress
from lowformer_edge.tasks.classification import CLASSIFICATION

from ...small_models import SLIGHT
from ..conversion import SPEC

WIDE = SLIGHT.replace(name="wide", block_expansion=6, downsample_expansions=(6, 6, 6, 6))

KERNEL_MS = 0.05
"""What one kernel more takes."""

SECONDS_PER_MAC = 1e-6


@pytest.fixture(scope="module")
def network() -> Network:
    return random_model(WIDE)


@pytest.fixture(scope="module")
def images() -> Samples:
    pixels = np.random.default_rng(3).integers(0, 256, (8, 64, 64, 3), np.uint8)
    return Samples("noise", pixels)


class ExactTrials:
    """Files that say what they are of, and take as long as their products and kernels."""

    unit = "ms"

    def costs(self, files: Mapping[str, bytes]) -> Mapping[str, float]:
        return {
            name: time_of(LowFormerConfig.from_dict(json.loads(file)))
            for name, file in files.items()
        }

    def outputs(self, file: bytes, pixels: Pixels) -> Outputs:
        raise AssertionError("choices are made without running files")


def time_of(config: LowFormerConfig) -> float:
    kernels = sum(rank > 0 for stage in config.spatial_ranks for rank in stage)
    return SECONDS_PER_MAC * cost_of(config).macs + KERNEL_MS * kernels


@pytest.fixture(scope="module")
def choices(network: Network, images: Samples) -> dict[str, list[Choice]]:
    def file_of(cuts: Cuts) -> bytes:
        config = with_widths(network.config, widths_of_cuts(cuts))
        return json.dumps(config.to_dict()).encode()

    return channel_choices(
        CLASSIFICATION,
        network,
        thin_layers(network, images, SPEC, widths_of, best_widths),
        file_of,
        ExactTrials(),
        images,
        SPEC,
        SilentProgress(),
    )


@pytest.mark.parametrize("name", ["b0", "b3", "demo"])
def test_widths_that_are_tried_are_less_and_fit_kernels(name: str) -> None:
    config = VARIANTS[name]
    for layer in hidden_layers(random_model(config)):
        widths = widths_of(layer)
        assert len(set(widths)) == len(widths) > 0
        for width in widths:
            assert width != layer.width
            assert width.channels <= layer.channels
            assert width.channels % 8 == 0 or width.channels == layer.channels
            assert width.rank % 8 == 0
            assert layer.spatial or not width.rank
            narrower = with_widths(config, {layer: width})
            assert cost_of(narrower).macs < cost_of(config).macs


def test_a_layer_of_lower_rank_gets_none_that_is_higher() -> None:
    config = VARIANTS["b0"].replace(spatial_ranks=((), (16,), (0,), (0,) * 4, (0,) * 5))
    layer = next(one for one in hidden_layers(random_model(config)) if one.width.rank)
    assert {width.rank for width in widths_of(layer)} == {8, 16}


def test_only_widths_that_no_other_beats_go_on(network: Network) -> None:
    layer = next(one for one in hidden_layers(network) if one.spatial)
    errors = {LayerWidth(8): 0.5, LayerWidth(24, 8): 0.1, LayerWidth(24): 0.3}
    assert list(best_widths(layer, errors)) == [LayerWidth(8), LayerWidth(24, 8)]


def test_the_whole_layer_has_no_noise(
    network: Network, choices: Mapping[str, list[Choice]]
) -> None:
    for layer in hidden_layers(network):
        by_width = {choice.value: choice for choice in choices[layer.path]}
        assert by_width[layer.width].noise == 0
        assert all(choice.noise > 0 for choice in by_width.values() if choice.value != layer.width)


def test_costs_are_those_of_the_products_and_kernels(
    network: Network, choices: Mapping[str, list[Choice]]
) -> None:
    def cost(layer: HiddenLayer, width: object) -> float:
        assert isinstance(width, LayerWidth)
        return time_of(with_widths(network.config, {layer: width}))

    for layer in hidden_layers(network):
        first, *others = choices[layer.path]
        assert min(choice.cost for choice in choices[layer.path]) == 0
        for other in others:
            wanted = cost(layer, other.value) - cost(layer, first.value)
            assert other.cost - first.cost == pytest.approx(wanted, rel=0.02, abs=1e-3)


def test_every_op_of_a_mix_has_a_precision(network: Network) -> None:
    layers = {layer.path: layer for layer in hidden_layers(network)}
    widths = {path: LayerWidth(8, 3 if layer.spatial else 0) for path, layer in layers.items()}
    precisions = dict.fromkeys(quantizable_kinds(rewrite(network, "tflite")), "int8")
    first = next(layer.spatial for layer in layers.values() if layer.spatial)
    precisions[first.conv] = "fp16"
    mix = with_added_ops(Mix({**precisions, **widths}, 0.0, 0.0), layers)
    cuts = {layers[path]: Cut(np.arange(8), width.rank) for path, width in widths.items()}
    assert set(mix.precisions) == set(quantizable_kinds(rewrite(narrowed(network, cuts), "tflite")))
    assert {path for path, value in mix.precisions.items() if value == "fp16"} == {
        first.conv,
        first.reduced,
    }
    assert mix.widths == widths
