"""Modules are found by the values of their weights, however these are written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch import nn

from lowformer_edge.artifact.samples import Samples
from lowformer_edge.calibration.ranges import model_digest
from lowformer_edge.errors import ExportError
from lowformer_edge.export.formats import EXPORTERS
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.export.weights import ModulesByWeights, digest_of_weights
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.network import Network
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.runtime.formats import format_of
from lowformer_edge.tasks.closeness import sqnr

from .conversion import Conversion

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
NEGATED_ZEROS = {0.0: -0.0, 1e-40: 0.0, -1e-45: 0.0}


@given(arrays.arrays(np.float32, (2, 3), elements=st.one_of(st.sampled_from([0.0]), FLOATS)))
def test_2_2_the_sign_of_a_zero_changes_no_digest(weights: np.ndarray) -> None:
    written = np.where(weights == 0, np.float32(-0.0), weights)
    assert digest_of_weights(written) == digest_of_weights(weights)
    other = weights.copy()
    other[0, 0] = other[0, 0] / 2 + 1
    assert (digest_of_weights(other) == digest_of_weights(weights)) == (other == weights).all()


@pytest.mark.parametrize(("value", "written"), NEGATED_ZEROS.items())
def test_2_2_a_module_is_found_whose_zeros_a_converter_wrote_anew(
    value: float, written: float
) -> None:
    linear = nn.Linear(2, 1)
    linear.weight.data = torch.tensor([[1, value]])
    waiting = ModulesByWeights(nn.Sequential(linear), lambda module: module.weight.detach().numpy())
    assert waiting.take(np.array([[1, written]], np.float32)) == "0"


def test_2_2_a_models_digest_is_one_of_values() -> None:
    linear = nn.Linear(2, 1)
    linear.weight.data = torch.tensor([[1.0, 0.0]])
    before = model_digest(linear)
    linear.weight.data = torch.tensor([[1.0, -0.0]])
    assert model_digest(linear) == before
    linear.weight.data = torch.tensor([[1.0, 1e-3]])
    assert model_digest(linear) != before


@pytest.fixture(scope="module")
def zeroed(slight_config: LowFormerConfig) -> Network:
    """A model with a norm of zeros, and one whose channels are dead but for their shift."""
    network = random_model(slight_config)
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    for tensor in (norms[1].weight, norms[1].bias):
        tensor.data[::2] = 0
    norms[3].weight.data *= 1e-12
    return network


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["tflite", "executorch", "onnx", "coreml"])
def test_2_2_norms_of_zeros_are_exported(
    name: str,
    zeroed: Network,
    slight_config: LowFormerConfig,
    noise_images: Samples,
    inputs: np.ndarray,
    tmp_path: Path,
) -> None:
    conversion = Conversion(EXPORTERS[name], slight_config, noise_images, network=zeroed)
    path = conversion.write(ExportSpec.of(name, "int8"), tmp_path)
    with format_of(path).runner(path, 1) as runner:
        found = runner.run(inputs)["logits"]
    assert sqnr(conversion.reference(inputs), found) >= 20


def two_layers() -> nn.Sequential:
    """Linear layers of 2 and of 3 inputs."""
    return nn.Sequential(nn.Linear(2, 1), nn.Linear(3, 1))


def weights_of(module: nn.Module) -> np.ndarray:
    weights: torch.Tensor = module.get_parameter("weight").detach()
    return weights.numpy()


def test_weights_that_a_converter_changed_are_told_with_the_nearest_module() -> None:
    model = two_layers()
    waiting = ModulesByWeights(model, weights_of)
    changed = weights_of(model[1]) + np.float32(0.25)
    assert waiting.take(changed) is None
    assert waiting.why_none_has(changed) == (
        "those of the nearest, 1, differ by up to 0.25, so the converter changed them"
    )
    assert waiting.take(weights_of(model[0])) == "0"
    with pytest.raises(ExportError, match=r"of 1: those of the nearest op differ by up to 0\.25"):
        waiting.check_none_left("op")


def test_weights_of_no_modules_shape_are_told() -> None:
    model = two_layers()
    waiting = ModulesByWeights(model, weights_of)
    assert waiting.why_none_has(np.zeros((4, 4), np.float32)) == (
        "no module has weights [4, 4], so the converter made them"
    )
    assert waiting.take(weights_of(model[1])) == "1"
    with pytest.raises(ExportError, match=r"of 0: no op has weights \[1, 2\], so the converter"):
        waiting.check_none_left("op")


def test_weights_that_a_converter_wrote_twice_are_told() -> None:
    model = two_layers()
    waiting = ModulesByWeights(model, weights_of)
    assert waiting.take(weights_of(model[0])) == "0"
    assert waiting.take(weights_of(model[0])) is None
    assert "so the converter wrote it twice" in waiting.why_none_has(weights_of(model[0]))
