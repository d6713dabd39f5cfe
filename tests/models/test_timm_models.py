"""LowFormers of timm, held to the outputs of timm 1.0.31's own code."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import lowformer_edge as lfe
from lowformer_edge.errors import CheckpointError, UsageError
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.models.timm_models import published_name
from lowformer_edge.models.variants import VARIANTS

from .golden_weights import golden_weights

DATA = Path(__file__).parents[1] / "data" / "timm"
VARIANTS_OF_TIMM = sorted(path.stem.removesuffix("_keys") for path in DATA.glob("*_keys.json"))
CONFIG = {
    "input_size": (3, 224, 224),
    "crop_pct": 0.9,
    "interpolation": "bilinear",
    "mean": (0.5, 0.5, 0.5),
    "std": (0.25, 0.25, 0.25),
    "num_classes": 1000,
}


def keys_of(variant: str) -> dict[str, tuple[int, ...]]:
    """Names and shapes of timm's weights, in order."""
    rows = json.loads((DATA / f"{variant}_keys.json").read_text())
    return {name: tuple(shape) for name, shape in rows}


def weights_of(variant: str) -> dict[str, torch.Tensor]:
    """timm's weights of the golden outputs, by timm's names."""
    return {name: golden_weights(name, shape) for name, shape in keys_of(variant).items()}


class Module(nn.Module):
    """A module with the weights of timm's, as far as they are looked at."""

    def __init__(self, weights: dict[str, torch.Tensor], config: Any) -> None:
        super().__init__()
        self.weights, self.pretrained_cfg = weights, config

    def state_dict(self, **_: Any) -> dict[str, Any]:  # type: ignore[override]
        return self.weights


def logits(network: nn.Module) -> np.ndarray:
    x = np.random.default_rng(0).standard_normal((2, 3, 224, 224)).astype("float32")
    with torch.no_grad():
        return np.asarray(network(torch.from_numpy(x)))


def test_the_golden_files_are_present() -> None:
    assert VARIANTS_OF_TIMM == ["b0", "e1", "e3"]


@pytest.mark.parametrize("variant", VARIANTS_OF_TIMM)
def test_names_are_the_published_ones_in_order(variant: str) -> None:
    network = random_model(VARIANTS[variant])
    expected = [(name, tuple(value.shape)) for name, value in network.state_dict().items()]
    named = [(published_name(name), shape) for name, shape in keys_of(variant).items()]
    assert named == expected


@pytest.mark.parametrize("variant", VARIANTS_OF_TIMM)
def test_outputs_of_a_checkpoint_are_timms(variant: str, tmp_path: Path) -> None:
    torch.save(weights_of(variant), tmp_path / "timm.pth")
    loaded = lfe.load_model(weights=tmp_path / "timm.pth")
    assert loaded.config == VARIANTS[variant]
    assert loaded.preprocessing == lfe.Preprocessing(size=224)
    (note,) = loaded.notes
    assert note == (
        "timm.pth: has timm's names and states no preprocessing; took what is published: bicubic,"
        " crop 0.95, ImageNet's mean and std"
    )
    expected = np.load(DATA / f"{variant}_224x224.npz")["logits"]
    np.testing.assert_allclose(logits(loaded.network), expected, rtol=0, atol=1e-4)


@pytest.fixture(scope="module")
def weights() -> dict[str, torch.Tensor]:
    return weights_of("e1")


def test_averaged_weights_are_taken_and_told(
    weights: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    raw = {name: value + 1 for name, value in weights.items()}
    content = {"epoch": 3, "arch": "lowformer_e1", "state_dict": raw, "state_dict_ema": weights}
    torch.save(content, tmp_path / "last.pth.tar")
    loaded = lfe.load_model("e1", weights=tmp_path / "last.pth.tar")
    assert loaded.notes[0] == (
        "last.pth.tar: holds several sets of weights; took state_dict_ema (averaged over training)"
        " of state_dict, state_dict_ema"
    )
    stem = loaded.network.state_dict()["backbone.input_stem.op_list.0.conv.weight"]
    assert torch.equal(stem, weights["stem.0.conv.weight"])


def test_an_empty_average_is_none(weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    torch.save({"state_dict": weights, "state_dict_ema": {}}, tmp_path / "last.pth")
    (note,) = lfe.load_model(weights=tmp_path / "last.pth").notes
    assert "several sets" not in note


def test_prefixes_of_data_parallel(weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    torch.save({f"module.{name}": value for name, value in weights.items()}, tmp_path / "a.pt")
    assert lfe.load_model(weights=tmp_path / "a.pt").config == VARIANTS["e1"]


@pytest.mark.parametrize("change", ["missing", "besides", "reshaped"])
def test_loading_is_strict(change: str, weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    changed = dict(weights)
    if change == "missing":
        del changed["stages.0.0.main.point_conv.norm.bias"]
    elif change == "besides":
        changed["stages.9.0.attn.weight"] = torch.zeros(1)
    else:
        changed["classifier.weight"] = torch.zeros(1000, 7)
    torch.save(changed, tmp_path / "a.pt")
    with pytest.raises(CheckpointError, match="no registered variant fits it"):
        lfe.load_model(weights=tmp_path / "a.pt")
    with pytest.raises(CheckpointError, match="not a checkpoint of e1"):
        lfe.load_model("e1", weights=tmp_path / "a.pt")


def test_other_classes(weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    changed = {
        name: value[:3] if name.startswith("classifier.") else value
        for name, value in weights.items()
    }
    torch.save(changed, tmp_path / "a.pt")
    assert lfe.load_model(weights=tmp_path / "a.pt").num_classes == 3


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_module_in_memory(wrapped: bool, weights: dict[str, torch.Tensor]) -> None:
    """timm's configs are objects that give a mapping; a plain mapping does as well."""
    config = SimpleNamespace(to_dict=lambda: CONFIG) if wrapped else CONFIG
    model = lfe.from_module(Module(weights, config), name="lowformer_e1")
    assert model.config == VARIANTS["e1"]
    assert model.preprocessing == lfe.Preprocessing(
        224, 0.9, "bilinear", (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
    )
    expected = np.load(DATA / "e1_224x224.npz")["logits"]
    np.testing.assert_allclose(logits(model.network), expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("config", [None, {}])
def test_a_module_that_states_nothing(config: Any, weights: dict[str, torch.Tensor]) -> None:
    assert lfe.from_module(Module(weights, config)).preprocessing == lfe.Preprocessing(size=224)


def test_given_preprocessing_outranks_the_config(weights: dict[str, torch.Tensor]) -> None:
    given = lfe.Preprocessing(size=192)
    model = lfe.from_module(Module(weights, CONFIG), given)
    assert model.preprocessing == given
    assert model.config.input_size == 192


def test_a_rectangle_that_is_squashed(weights: dict[str, torch.Tensor]) -> None:
    stated = {"input_size": (3, 224, 192), "crop_mode": "squash", "crop_pct": 1.0}
    preprocessing = lfe.from_module(Module(weights, CONFIG | stated)).preprocessing
    assert (preprocessing.size, preprocessing.resize_mode) == ((224, 192), "squash")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"input_size": (1, 224, 224)}, "1 channels"),
        ({"input_size": 224}, "not readable"),
        ({"crop_mode": "squash", "crop_pct": 0.9}, "crop mode squash of 0.9"),
        ({"crop_mode": "border"}, "resize_mode 'border' is unknown"),
        ({"interpolation": "random"}, "interpolation 'random' is unknown"),
        ({"std": (0, 1, 1)}, "std must be positive"),
    ],
)
def test_configs_that_cannot_be_followed(
    change: dict[str, Any], told: str, weights: dict[str, torch.Tensor]
) -> None:
    with pytest.raises(UsageError, match="give `preprocessing`") as caught:
        lfe.from_module(Module(weights, CONFIG | change))
    assert told in str(caught.value)


def test_a_module_of_no_variant(weights: dict[str, torch.Tensor]) -> None:
    fewer = {name: value for name, value in weights.items() if not name.startswith("stages.3.1")}
    with pytest.raises(UsageError, match="that no registered variant is like"):
        lfe.from_module(Module(fewer, CONFIG))
