"""The models are held to the outputs of the published code."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.lowformer import LowFormer
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.models.variants import PUBLISHED, VARIANTS

from .golden_weights import golden_weights

DATA = Path(__file__).parents[1] / "data"
GOLDEN = sorted(path.stem for path in DATA.glob("*x*.npz"))
KEYS = sorted(path.stem.removesuffix("_keys") for path in DATA.glob("*_keys.json"))

PARAMETERS = {
    "b0": 14.100,
    "b1": 17.936,
    "b15": 33.982,
    "b2": 44.987,
    "b3": 57.087,
    "e1": 18.896,
    "e2": 22.751,
    "e3": 41.317,
}
"""Millions, as counted from the published code."""


def test_golden_files_are_present() -> None:
    assert len(GOLDEN) == 6
    assert len(KEYS) == 5


@pytest.mark.parametrize("name", GOLDEN)
def test_outputs_are_those_of_the_published_code(name: str) -> None:
    variant, size = name.split("_")
    height, width = map(int, size.split("x"))
    model = LowFormer(VARIANTS[variant]).eval()
    model.load_state_dict(
        {key: golden_weights(key, tuple(value.shape)) for key, value in model.state_dict().items()}
    )
    x = np.random.default_rng(0).standard_normal((2, 3, height, width)).astype("float32")
    expected = np.load(DATA / f"{name}.npz")
    with torch.no_grad():
        stages = model.backbone.forward_stages(torch.from_numpy(x))
        logits = model.head(stages[-1]).numpy()
    np.testing.assert_allclose(logits, expected["logits"], rtol=0, atol=1e-4)
    names = ["stage0", "stage1", "stage2", "stage3", "stage_final"]
    for stage, output in zip(names, stages, strict=True):
        mean = output.mean((2, 3)).numpy()
        np.testing.assert_allclose(mean, expected[f"{stage}_mean"], rtol=0, atol=1e-4)


@pytest.mark.parametrize("variant", KEYS)
def test_keys_and_shapes_are_the_published_ones_in_order(variant: str) -> None:
    expected = json.loads((DATA / f"{variant}_keys.json").read_text())
    state = LowFormer(VARIANTS[variant]).state_dict()
    found = [(key, list(value.shape)) for key, value in state.items()]
    assert found == list(expected.items())


@pytest.mark.parametrize("variant", PUBLISHED)
def test_number_of_parameters(variant: str) -> None:
    with torch.device("meta"):
        model = LowFormer(VARIANTS[variant])
    count = sum(parameter.numel() for parameter in model.parameters())
    assert count / 1e6 == pytest.approx(PARAMETERS[variant], abs=0.0006)


@pytest.mark.parametrize("size", [32, 64, 70, 97])
def test_any_input_size_and_number_of_classes(tiny_config: LowFormerConfig, size: int) -> None:
    model = random_model(tiny_config.replace(num_classes=7))
    with torch.no_grad():
        logits = model(torch.zeros(2, 3, size, size))
    assert logits.shape == (2, 7)
    assert bool(logits.isfinite().all())


@pytest.mark.parametrize(
    ("changes", "absent", "present"),
    [
        ({"attention": False}, "conv_proj", "total.0.1.main.1.weight"),
        ({"mlp": False}, "total.0.1.main.1.weight", "total.0.main.conv_proj.0.weight"),
        ({"fused": False}, "spatial_conv", "o_proj.weight"),
        ({"attention": False, "mlp": False}, "total.0.", "total.1.main.point_conv.conv.weight"),
    ],
)
def test_ablations_change_the_keys(
    tiny_config: LowFormerConfig, changes: dict[str, bool], absent: str, present: str
) -> None:
    model = random_model(tiny_config.replace(**changes))
    keys = list(model.state_dict())
    assert not any(absent in key for key in keys)
    assert any(present in key for key in keys)
    with torch.no_grad():
        assert model(torch.zeros(1, 3, 64, 64)).shape == (1, 5)


def test_random_weights_are_reproducible_and_not_trivial(tiny_config: LowFormerConfig) -> None:
    first, second = random_model(tiny_config), random_model(tiny_config)
    other = random_model(tiny_config, seed=1)
    for key, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[key])
        if "num_batches" in key:
            continue
        assert not torch.equal(value, other.state_dict()[key])
        assert not bool((value == value.flatten()[0]).all()), key
