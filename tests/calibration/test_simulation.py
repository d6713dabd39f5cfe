from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.calibration.ranges import ModuleRange, Ranges, calibrate
from lowformer_edge.calibration.recipe import uniform
from lowformer_edge.calibration.simulation import rounded_by_image, simulated
from lowformer_edge.export.rewrites.table import rewrite
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.tasks.closeness import sqnr

SPEC = Preprocessing(size=64, crop_ratio=1.0)


def ranges_of(**modules: ModuleRange) -> Ranges:
    return Ranges(modules, "m", "d", SPEC, "minmax", 1, 1)


def test_a_static_op_rounds_input_weights_and_output() -> None:
    layer = nn.Linear(1, 1, bias=False)
    layer.weight.data.fill_(0.5)
    model = nn.ModuleDict({"op": layer})
    ranges = ranges_of(op=ModuleRange((0.0, 255.0), (0.0, 51.0)))
    x = torch.tensor([[3.3], [300.0], [-5.0]])
    with simulated(model, ranges, {"op": "int8"}), torch.no_grad():
        # 3.3 -> 3, times 0.5, to steps of 0.2; 300 and -5 are clipped on the way in and out.
        assert layer(x).flatten().tolist() == pytest.approx([1.6, 51.0, 0.0])


def biased(weight: float, bias: float) -> nn.Linear:
    layer = nn.Linear(1, 1)
    layer.weight.data.fill_(weight)
    layer.bias.data.fill_(bias)
    return layer


@pytest.mark.parametrize(("integer_biases", "expected"), [(True, 0.5), (False, 0.7)])
def test_a_static_op_rounds_its_bias_where_it_is_stored_as_an_integer(
    integer_biases: bool, expected: float
) -> None:
    layer = biased(127.0, 0.7)
    ranges = ranges_of(op=ModuleRange((0.0, 127.5), (0.0, 25.5)))
    model = nn.ModuleDict({"op": layer})
    with (
        simulated(model, ranges, {"op": "int8"}, integer_biases=integer_biases),
        torch.no_grad(),
    ):
        # Steps of 0.5, the input's, times 1, the weight's; outputs are in steps of 0.1.
        assert layer(torch.zeros(1, 1)).item() == pytest.approx(expected)
    assert layer.bias.item() == pytest.approx(0.7)


def test_a_static_op_without_live_weights_keeps_its_bias() -> None:
    layer = biased(0.0, 0.7)
    ranges = ranges_of(op=ModuleRange((0.0, 255.0), (0.0, 25.5)))
    with simulated(nn.ModuleDict({"op": layer}), ranges, {"op": "int8"}), torch.no_grad():
        assert layer(torch.zeros(1, 1)).item() == pytest.approx(0.7)


@pytest.mark.parametrize("precision", ["int8-weights", "int8-dynamic"])
def test_other_ops_keep_their_bias(precision: str) -> None:
    layer = biased(127.0, 0.7)
    with simulated(nn.Sequential(layer), None, {"0": precision}):
        assert layer.bias.item() == pytest.approx(0.7)


@pytest.mark.parametrize("precision", ["int8-weights", "int8-dynamic", "fp16"])
def test_other_precisions_round_weights_per_output_channel(precision: str) -> None:
    layer = nn.ConvTranspose2d(3, 2, 2, bias=False)
    weights = layer.weight.detach().clone()
    with simulated(nn.Sequential(layer), None, {"0": precision}):
        assert not torch.equal(layer.weight, weights)
        steps = weights.abs().amax((0, 2, 3), keepdim=True) / 127
        assert ((layer.weight - weights).abs() <= steps / 2 + 1e-7).all()
    assert torch.equal(layer.weight, weights)


def test_dynamic_inputs_are_rounded_image_by_image() -> None:
    values = torch.stack([torch.linspace(0, 1, 100), torch.linspace(0, 1000, 100)])
    rounded = rounded_by_image(values)
    assert (rounded[0] - values[0]).abs().max() <= 1 / 255
    assert (rounded[0] != 0).sum() > 90


class EighthPower(nn.Module):
    """Makes one bright pixel an outlier of all others."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x**8


def test_an_outlier_ruins_min_max_ranges_and_not_percentiles() -> None:
    plain = Preprocessing(size=64, crop_ratio=1.0, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    pixels = np.random.default_rng(0).integers(0, 128, (8, 64, 64, 3), np.uint8)
    outlier = pixels.copy()
    outlier[0, 0, 0, 0] = 255
    torch.manual_seed(0)
    model = nn.Sequential(EighthPower(), nn.Conv2d(3, 4, 1, bias=False))
    x = torch.from_numpy(plain.normalise(pixels))
    found = {}
    for observer in ("minmax", "percentile:99.99"):
        ranges = calibrate(model, Samples("x", outlier, None), plain, observer)
        with torch.no_grad():
            reference = model(x)
            with simulated(model, ranges, {"1": "int8"}):
                found[observer] = sqnr(reference.numpy(), model(x).numpy())
    assert found["minmax"] < 5
    assert found["percentile:99.99"] > 30


def test_the_model_is_restored_even_after_an_error(
    tiny_config: LowFormerConfig, noise_images: Samples
) -> None:
    model = rewrite(random_model(tiny_config), "tflite")
    ranges = calibrate(model, noise_images, SPEC)
    x = torch.from_numpy(SPEC.normalise(noise_images.pixels))
    precisions = uniform("int8").assign(model)
    with torch.no_grad():
        before = model(x)
        with simulated(model, ranges, precisions):
            assert not torch.equal(model(x), before)
        assert torch.equal(model(x), before)
        with pytest.raises(RuntimeError, match="x"), simulated(model, ranges, precisions):
            raise RuntimeError("x")
        assert torch.equal(model(x), before)


def test_float_ops_are_not_touched(tiny_config: LowFormerConfig) -> None:
    model = rewrite(random_model(tiny_config), "tflite")
    x = torch.zeros(1, 3, 64, 64)
    with torch.no_grad():
        before = model(x)
        with simulated(model, None, uniform("fp32").assign(model)):
            assert np.array_equal(model(x), before)
