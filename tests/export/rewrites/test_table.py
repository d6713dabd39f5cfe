"""Every rewrite keeps the function, in float64, and changes nothing else."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn

from lowformer_edge.artifact.formats import FORMATS
from lowformer_edge.calibration.ranges import QUANTIZABLE
from lowformer_edge.export.rewrites.table import CALIBRATED, REWRITES, Rewrite, rewrite
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.network import Network
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.models.variants import VARIANTS

TOLERANCE = 1e-9
ABLATIONS: list[dict[str, Any]] = [
    {},
    {"fused": False},
    {"attention": False},
    {"mlp": False},
    {"attention": False, "mlp": False},
    {"attention_strides": (1, 1)},
    {"attention_strides": (2, 2)},
    {"attention_strides": (3, 4)},
    {"attention_strides": (5, 3), "fused": False},
    {"head_width": 64},
    {"head_widths": (1, 1)},
]


def difference(model: nn.Module, other: nn.Module, size: int, batch: int = 2) -> float:
    generator = torch.Generator().manual_seed(size)
    x = torch.randn(batch, 3, size, size, dtype=torch.float64, generator=generator)
    with torch.no_grad():
        return (model(x) - other(x)).abs().max().item()


def double(config: LowFormerConfig) -> Network:
    return random_model(config).double()


@pytest.mark.parametrize("changes", ABLATIONS, ids=str)
@pytest.mark.parametrize("step", REWRITES, ids=lambda step: step.name)
def test_each_rewrite_alone_keeps_the_function(
    step: Rewrite, changes: dict[str, Any], tiny_config: LowFormerConfig
) -> None:
    model = double(tiny_config.replace(**changes))
    rewritten = step.apply(copy.deepcopy(model))
    for size in (64, 71, 100):
        assert difference(model, rewritten, size) < TOLERANCE


@pytest.mark.parametrize("changes", ABLATIONS, ids=str)
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("target", FORMATS)
def test_all_rewrites_together_keep_the_function(
    target: str, batch: int, changes: dict[str, Any], tiny_config: LowFormerConfig
) -> None:
    model = double(tiny_config.replace(**changes))
    rewritten = rewrite(model, target)
    for size in (32, 64, 71, 90, 100):
        assert difference(model, rewritten, size, batch) < TOLERANCE


@pytest.mark.parametrize("variant", VARIANTS)
def test_registered_variants_keep_their_function(variant: str) -> None:
    model = double(VARIANTS[variant])
    x = torch.randn(1, 3, 72, 104, dtype=torch.float64)
    with torch.no_grad():
        expected = model(x)
        for target in FORMATS:
            assert (rewrite(model, target)(x) - expected).abs().max() < TOLERANCE


@pytest.mark.parametrize("changes", ABLATIONS, ids=str)
@pytest.mark.parametrize("target", FORMATS)
def test_ops_with_weights_are_the_same_for_all_targets(
    target: str, changes: dict[str, Any], tiny_config: LowFormerConfig
) -> None:
    model = random_model(tiny_config.replace(**changes))
    ops, calibrated = (
        {
            path: module
            for path, module in rewrite(model, name).named_modules()
            if isinstance(module, QUANTIZABLE)
        }
        for name in (target, CALIBRATED)
    )
    assert list(ops) == list(calibrated)
    for path, module in ops.items():
        same = torch.equal(module.weight, calibrated[path].weight)
        # TFLite has a zero beside the only feature of a linear layer.
        same = same or torch.equal(
            torch.nn.functional.pad(module.weight, (0, 1)), calibrated[path].weight
        )
        # Core ML has grouped transposed convolutions, which others get as dense ones.
        grouped = isinstance(module, nn.ConvTranspose2d) and module.groups > 1
        assert same or (target == "coreml" and grouped)


@pytest.mark.parametrize("changes", [{"head_width": 5}, {"head_width": 3, "head_dim_ratio": 1.0}])
def test_heads_that_do_not_divide_the_width(
    changes: dict[str, Any], tiny_config: LowFormerConfig
) -> None:
    model = double(tiny_config.replace(**changes))
    for target in FORMATS:
        assert difference(model, rewrite(model, target), 71) < TOLERANCE


@pytest.mark.parametrize("target", FORMATS)
def test_nothing_is_left_that_a_target_handles_badly(
    target: str, tiny_config: LowFormerConfig
) -> None:
    for changes in ABLATIONS:
        rewritten = rewrite(random_model(tiny_config.replace(**changes)), target)
        for module in rewritten.modules():
            assert not isinstance(module, nn.BatchNorm2d | nn.GroupNorm | nn.AdaptiveAvgPool2d)
            if isinstance(module, nn.ConvTranspose2d):
                assert module.groups == 1 or target == "coreml"
                assert module.stride != (1, 1)


def test_the_model_itself_is_not_changed(tiny_config: LowFormerConfig) -> None:
    model = random_model(tiny_config)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    rewrite(model, "tflite")
    assert list(model.state_dict()) == list(before)
    assert all(torch.equal(model.state_dict()[key], value) for key, value in before.items())


def test_a_wrong_fold_would_be_seen(tiny_config: LowFormerConfig) -> None:
    model = double(tiny_config)
    rewritten = rewrite(model, "tflite")
    weights = next(module for module in rewritten.modules() if isinstance(module, nn.Conv2d))
    weights.weight[0, 0, 0, 0] *= 1 + 1e-6
    assert difference(model, rewritten, 64) > TOLERANCE


def test_each_rewrite_states_its_targets() -> None:
    for step in REWRITES:
        assert set(step.gains) <= set(FORMATS)
        assert all(step.gains.values())


@pytest.mark.parametrize("name", ["group_norm", "spatial_group_norm", "group_norm_as_layer_norm"])
def test_group_norm_keeps_precision_at_a_large_mean(name: str) -> None:
    norm = nn.Sequential(nn.GroupNorm(1, 8), nn.Conv2d(8, 8, 3, padding=1))
    step = next(step for step in REWRITES if step.name == name)
    rewritten = step.apply(copy.deepcopy(norm))
    x = torch.randn(1, 8, 6, 6, generator=torch.Generator().manual_seed(0)) + 1000
    with torch.no_grad():
        exact = copy.deepcopy(norm).double()(x.double())
        assert (rewritten(x) - exact).abs().max() < 1e-3
