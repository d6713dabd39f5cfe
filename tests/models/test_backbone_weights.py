"""A checkpoint's backbone as a start for training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from lowformer_edge.errors import CheckpointError
from lowformer_edge.models.backbone_weights import load_backbone
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.network import build_network
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.models.variants import VARIANTS

from .checkpoint_files import State, changed


def detector(config: LowFormerConfig) -> LowFormerConfig:
    return config.for_task("detection", channels=4, convs=1)


@pytest.fixture
def state(slight_config: LowFormerConfig) -> State:
    return dict(random_model(slight_config).state_dict())


def inner(state: State) -> State:
    """What the backbone's own state_dict holds."""
    start = "backbone."
    return {k.removeprefix(start): v for k, v in state.items() if k.startswith(start)}


def test_a_classifiers_backbone_is_taken_and_its_head_left(
    state: State, slight_config: LowFormerConfig, tmp_path: Path
) -> None:
    torch.save(state, tmp_path / "classifier.pt")
    network = random_model(detector(slight_config), seed=1).train()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    (note,) = load_backbone(network, tmp_path / "classifier.pt")
    assert note.startswith(
        "classifier.pt: took the backbone alone, and left 10 weights: head.op_list ("
    )
    for key, value in network.state_dict().items():
        assert torch.equal(value, state[key] if key.startswith("backbone.") else before[key]), key
    assert network.training


def test_a_detectors_backbone_serves_a_segmenter(
    slight_config: LowFormerConfig, tmp_path: Path
) -> None:
    trained = random_model(detector(slight_config), seed=1).state_dict()
    meta = {"cfg": "model = dict(neck=dict(add_extra_convs='on_output'))"}  # of no interest here
    torch.save({"state_dict": trained, "message_hub": {}, "meta": meta}, tmp_path / "det.pth")
    network = build_network(slight_config.for_task("segmentation", channels=4))
    (note,) = load_backbone(network, tmp_path / "det.pth")
    assert "bbox_head (" in note
    for key, value in network.backbone.state_dict().items():
        assert torch.equal(value, trained[f"backbone.{key}"])


@pytest.mark.parametrize(
    "saved",
    [
        lambda state: {k: v for k, v in state.items() if k.startswith("backbone.")},
        inner,
        lambda state: {"state_dict": {f"module.{k}": v for k, v in inner(state).items()}},
        lambda state: {k: v for k, v in state.items() if "num_batches_tracked" not in k},
    ],
)
def test_a_backbone_by_itself(
    saved: Callable[[State], State],
    state: State,
    slight_config: LowFormerConfig,
    tmp_path: Path,
) -> None:
    torch.save(saved(state), tmp_path / "backbone.pt")
    network = build_network(detector(slight_config))
    load_backbone(network, tmp_path / "backbone.pt")
    for key, value in network.backbone.state_dict().items():
        if "num_batches" not in key:
            assert torch.equal(value, state[f"backbone.{key}"])


def test_one_of_several_sets(state: State, slight_config: LowFormerConfig, tmp_path: Path) -> None:
    torch.save({"state_dict": state, "ema": changed(state, 0.5)}, tmp_path / "last.pt")
    network = build_network(detector(slight_config))
    key = "input_stem.op_list.0.conv.weight"
    load_backbone(network, tmp_path / "last.pt")
    assert torch.equal(network.backbone.state_dict()[key], state[f"backbone.{key}"] + 0.5)
    load_backbone(network, tmp_path / "last.pt", checkpoint_key="state_dict")
    assert torch.equal(network.backbone.state_dict()[key], state[f"backbone.{key}"])


def test_another_backbone_is_named(slight_config: LowFormerConfig, tmp_path: Path) -> None:
    torch.save(random_model(VARIANTS["demo"]).state_dict(), tmp_path / "demo.pt")
    with pytest.raises(CheckpointError, match=r"is not that of slight; it is demo's$"):
        load_backbone(build_network(detector(slight_config)), tmp_path / "demo.pt")


@pytest.mark.parametrize(
    ("saved", "told"),
    [
        ({"layer.weight": torch.ones(2)}, "holds no backbone of a LowFormer"),
        ({"backbone.layer.weight": torch.ones(2)}, "no registered variant has it"),
    ],
)
def test_weights_of_other_networks(
    saved: State, told: str, slight_config: LowFormerConfig, tmp_path: Path
) -> None:
    torch.save(saved, tmp_path / "a.pt")
    with pytest.raises(CheckpointError, match=told):
        load_backbone(build_network(detector(slight_config)), tmp_path / "a.pt")


def test_weights_that_are_not_finite_change_nothing(
    state: State, slight_config: LowFormerConfig, tmp_path: Path
) -> None:
    state["backbone.input_stem.op_list.0.conv.weight"][0] = torch.nan
    torch.save(state, tmp_path / "a.pt")
    network = random_model(detector(slight_config), seed=1)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    with pytest.raises(CheckpointError, match="NaN"):
        load_backbone(network, tmp_path / "a.pt")
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
