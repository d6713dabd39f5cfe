"""Files with several sets of weights: which there are, and which is taken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from lowformer_edge.artifact.manifest import read_manifest
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.errors import CheckpointError, UsageError
from lowformer_edge.export.eager import EagerModel
from lowformer_edge.models.checkpoint import load_weights, read_checkpoint
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.loading import load_model
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.workflows.export import export_model

from .checkpoint_files import State, changed, prefixed

MARK = "head.op_list.3.linear.bias"

LAYOUTS: dict[str, tuple[Callable[[State, State], Any], str, str]] = {
    "the authors' trainer": (
        lambda raw, good: {"state_dict": raw, "ema": {0.9998: good}, "epoch": 3},
        "ema.0.9998",
        "state_dict",
    ),
    "timm": (
        lambda raw, good: {"state_dict": raw, "state_dict_ema": good, "arch": "lowformer_b1"},
        "state_dict_ema",
        "state_dict",
    ),
    "torchvision": (
        lambda raw, good: {
            "model": raw,
            "model_ema": {"n_averaged": torch.tensor(5), **prefixed(good, "module.")},
            "optimizer": {"state": {0: {"exp_avg.x": torch.zeros(2)}}},
        },
        "model_ema",
        "model",
    ),
    "net": (lambda raw, good: {"net": raw, "ema": good}, "ema", "net"),
    "a module in ema": (
        lambda raw, good: {"model": raw, "ema": {"module": good, "updates": 12}},
        "ema.module",
        "model",
    ),
    "a deep one": (
        lambda raw, good: {"weights": {"net": raw, "netEMA": {"shadow": good}}, "step": 7},
        "weights.netEMA.shadow",
        "weights.net",
    ),
    "one dictionary": (
        lambda raw, good: {
            "state_dict": {**prefixed(raw, "model."), **prefixed(good, "model_ema.module.")}
        },
        "state_dict.model_ema",
        "state_dict.model",
    ),
    "the average first": (lambda raw, good: {"ema": good, "model": raw}, "ema", "model"),
    "the slower of two": (
        lambda raw, good: {"state_dict": raw, "ema": {"0.99": raw, "0.9999": good}},
        "ema.0.9999",
        "state_dict",
    ),
}


@pytest.fixture
def raw(slight_config: LowFormerConfig) -> State:
    return dict(random_model(slight_config).state_dict())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_1_4_the_average_is_taken_and_said(
    layout: str, raw: State, slight_config: LowFormerConfig, tmp_path: Path
) -> None:
    make, averaged, _ = LAYOUTS[layout]
    good = changed(raw, 0.5)
    torch.save(make(raw, good), tmp_path / "model_best.pt")
    checkpoint = read_checkpoint(tmp_path / "model_best.pt")
    assert torch.equal(load_weights(slight_config, checkpoint).state_dict()[MARK], good[MARK])
    assert checkpoint.taken == averaged
    assert f"took {averaged} (averaged over training) of " in checkpoint.notes[0]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_1_4_another_set_is_chosen_by_its_key(
    layout: str, raw: State, slight_config: LowFormerConfig, tmp_path: Path
) -> None:
    make, _, trained = LAYOUTS[layout]
    torch.save(make(raw, changed(raw, 0.5)), tmp_path / "last.pt")
    checkpoint = read_checkpoint(tmp_path / "last.pt", trained)
    assert torch.equal(load_weights(slight_config, checkpoint).state_dict()[MARK], raw[MARK])
    assert checkpoint.taken == trained


def test_1_4_a_key_may_stop_above_a_single_set(raw: State, tmp_path: Path) -> None:
    torch.save({"state_dict": raw, "ema": {0.9998: raw}}, tmp_path / "last.pt")
    for key in ("ema", "ema/0.9998"):
        assert read_checkpoint(tmp_path / "last.pt", key).taken == "ema.0.9998"


@pytest.mark.parametrize("key", ["model", "", "ema.0.5", "ema.0"])
def test_1_4_an_unknown_key_lists_the_sets(key: str, raw: State, tmp_path: Path) -> None:
    torch.save({"state_dict": raw, "ema": {0.9998: raw}}, tmp_path / "last.pt")
    with pytest.raises(CheckpointError, match=r"`checkpoint_key`.*state_dict, ema\.0\.9998"):
        read_checkpoint(tmp_path / "last.pt", key)


def test_1_4_a_key_that_leads_to_several_sets_lists_them(raw: State, tmp_path: Path) -> None:
    torch.save({"state_dict": raw, "ema": {0.99: raw, 0.9998: raw}}, tmp_path / "last.pt")
    with pytest.raises(CheckpointError, match=r"several sets.*holds ema\.0\.99, ema\.0\.9998"):
        read_checkpoint(tmp_path / "last.pt", "ema")


def test_1_4_a_key_needs_weights() -> None:
    with pytest.raises(UsageError, match=r"`checkpoint_key`.*give `weights`"):
        load_model("b0", checkpoint_key="ema", random_weights=True)


def test_1_4_one_set_is_nothing_to_tell(raw: State, tmp_path: Path) -> None:
    torch.save({"state_dict": raw, "epoch": 3}, tmp_path / "one.pt")
    checkpoint = read_checkpoint(tmp_path / "one.pt")
    assert (checkpoint.taken, checkpoint.notes) == ("", ())


def test_1_4_a_network_that_is_no_lowformer_is_not_taken(raw: State, tmp_path: Path) -> None:
    teacher = {"layer.0.weight": torch.zeros(3, 3), "layer.0.bias": torch.zeros(3)}
    torch.save({"teacher_ema": teacher, "student": raw}, tmp_path / "distilled.pt")
    checkpoint = read_checkpoint(tmp_path / "distilled.pt")
    assert checkpoint.taken == "student"
    assert checkpoint.notes[0].endswith("took student of teacher_ema, student")


def test_1_4_an_average_of_parameters_takes_the_statistics_of_the_trained(
    raw: State, slight_config: LowFormerConfig, tmp_path: Path
) -> None:
    good = {k: v for k, v in changed(raw, 0.5).items() if "running" not in k and "num_" not in k}
    torch.save({"model": raw, "ema": {"shadow": good, "decay": 0.9}}, tmp_path / "shadow.pt")
    checkpoint = read_checkpoint(tmp_path / "shadow.pt")
    state = load_weights(slight_config, checkpoint).state_dict()
    norm = next(key for key in raw if key.endswith("running_mean"))
    assert torch.equal(state[MARK], good[MARK])
    assert torch.equal(state[norm], raw[norm])
    assert "ema.shadow has no statistics of norms; took those of model" in checkpoint.notes


def test_1_4_an_average_that_does_not_fit_says_that_there_are_others(
    raw: State, slight_config: LowFormerConfig, tmp_path: Path
) -> None:
    cut = dict(list(raw.items())[:40])
    torch.save({"model": raw, "model_ema": cut}, tmp_path / "cut.pt")
    with pytest.raises(CheckpointError, match=r"lacks .*in model_ema, `checkpoint_key` takes"):
        load_weights(slight_config, read_checkpoint(tmp_path / "cut.pt"))


def test_1_4_averages_without_names_are_told(raw: State, tmp_path: Path) -> None:
    average = {"decay": 0.999, "shadow_params": list(raw.values())}
    torch.save({"model": raw, "ema": average}, tmp_path / "unnamed.pt")
    checkpoint = read_checkpoint(tmp_path / "unnamed.pt")
    assert checkpoint.notes == (
        "holds averaged weights without names in ema.shadow_params, which are not read",
    )


def test_1_4_networks_in_safetensors_are_told_apart(raw: State, tmp_path: Path) -> None:
    both = {**prefixed(raw, "model."), **prefixed(changed(raw, 0.5), "ema.")}
    save_file(both, tmp_path / "both.safetensors")
    assert read_checkpoint(tmp_path / "both.safetensors").taken == "ema"


def test_1_4_a_bundle_says_which_set_it_is_of_and_is_verified_with_it(
    raw: State, slight_config: LowFormerConfig, noise_images: Samples, tmp_path: Path
) -> None:
    weights = tmp_path / "last.pt"
    torch.save({"state_dict": raw, "ema": {0.9998: changed(raw, 0.5)}}, weights)
    model = load_model(config=slight_config, weights=weights, checkpoint_key="state_dict")
    few = noise_images.first(2)
    bundle = export_model(model, tmp_path / "out", "onnx/fp32", evaluation=few, runs=1)
    manifest = read_manifest(bundle.folder)
    assert manifest.source.taken == "state_dict"
    eager = EagerModel.of_bundle(manifest, weights)
    assert torch.equal(eager._network.state_dict()[MARK], raw[MARK])
