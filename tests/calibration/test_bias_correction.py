from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn

from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.calibration.bias_correction import channel_means, correct_biases
from lowformer_edge.calibration.ranges import Ranges, calibrate
from lowformer_edge.calibration.recipe import uniform
from lowformer_edge.calibration.simulation import simulated
from lowformer_edge.export.rewrites.table import rewrite
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.random_weights import random_model

SPEC = Preprocessing(size=64, crop_ratio=1.0)
PLAIN = Preprocessing(size=4, crop_ratio=1.0, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))


def lone_conv(bias: bool) -> nn.Sequential:
    """Weights 1 and 0.4 / 127: int8 keeps the first and rounds the second to nothing."""
    conv = nn.Conv2d(3, 1, 1, bias=bias)
    conv.weight.data = torch.tensor([1.0, 0.4 / 127, 0.0]).view(1, 3, 1, 1)
    if conv.bias is not None:
        conv.bias.data.fill_(5.0)
    return nn.Sequential(conv).requires_grad_(False)


def bias_of(model: nn.Sequential) -> float:
    bias = model[0].bias
    assert isinstance(bias, torch.Tensor)
    return bias.item()


@pytest.mark.parametrize("bias", [True, False])
def test_a_weight_that_is_rounded_away_comes_back_as_bias(bias: bool) -> None:
    pixels = np.zeros((4, 4, 4, 3), np.uint8)
    pixels[..., 1] = np.array([0, 85, 170, 255])[:, None, None]
    images = Samples("ramp", pixels, None)
    model = lone_conv(bias)
    correct_biases(model, None, {"0": "int8-weights"}, images, PLAIN)
    # The second channel's mean is a half, and its weight is lost.
    expected = (5.0 if bias else 0.0) + 0.5 * 0.4 / 127
    assert bias_of(model) == pytest.approx(expected, rel=1e-6)


def test_ops_in_float_are_left_alone() -> None:
    images = Samples("grey", np.full((2, 4, 4, 3), 128, np.uint8), None)
    model = lone_conv(bias=True)
    correct_biases(model, None, {"0": "fp32"}, images, PLAIN)
    assert bias_of(model) == 5.0


@pytest.fixture(scope="module")
def case(tiny_config: LowFormerConfig, noise_images: Samples) -> tuple[nn.Module, Ranges]:
    model = rewrite(random_model(tiny_config), "tflite")
    return model, calibrate(model, noise_images, SPEC)


def means(
    model: nn.Module, precisions: dict[str, str], ranges: Ranges | None, images: Samples
) -> dict[str, torch.Tensor]:
    """Mean output of each channel before it is rounded."""
    found: dict[str, torch.Tensor] = {}
    modules = dict(model.named_modules())
    hooks = [
        modules[path].register_forward_hook(
            lambda module, _, output, path=path: found.update({path: channel_means(module, output)})
        )
        for path in precisions
    ]
    chosen = precisions if ranges else {}
    with torch.no_grad(), simulated(model, ranges, chosen, integer_biases=False):
        model(torch.from_numpy(SPEC.normalise(images.pixels)))
    for hook in hooks:
        hook.remove()
    return found


def test_every_channel_has_its_mean_again_after_all_earlier_ops_are_quantized(
    case: tuple[nn.Module, Ranges], noise_images: Samples
) -> None:
    model, ranges = copy.deepcopy(case[0]), case[1]
    precisions = uniform("int8", [("linear", "int8-dynamic")]).assign(model)
    wanted = means(model, precisions, None, noise_images)
    before = means(model, precisions, ranges, noise_images)
    counts: list[int] = []
    correct_biases(model, ranges, precisions, noise_images, SPEC, counts.append)
    after = means(model, precisions, ranges, noise_images)
    assert sum(counts) == 2 * len(noise_images)
    for path, mean in wanted.items():
        assert torch.allclose(after[path], mean, atol=1e-4 * (1 + mean.abs().max().item()))
    assert any(not torch.allclose(before[path], mean, rtol=1e-2) for path, mean in wanted.items())


def test_only_biases_change_and_no_hook_is_left(
    case: tuple[nn.Module, Ranges], noise_images: Samples
) -> None:
    model, ranges = copy.deepcopy(case[0]), case[1]
    correct_biases(model, ranges, uniform("int8").assign(model), noise_images, SPEC)
    old = case[0].state_dict()
    for key, value in model.state_dict().items():
        if not key.endswith("bias"):
            assert torch.equal(value, old[key])
    assert not any(module._forward_hooks for module in model.modules())
