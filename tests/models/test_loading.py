from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from lowformer_edge import demo
from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.errors import UsageError
from lowformer_edge.models.checkpoint import save_checkpoint
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.loading import LoadedModel, load_model
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.models.variants import DEMO, PUBLISHED, VARIANTS


def test_the_demo_model_is_the_default(demo_model: LoadedModel) -> None:
    assert demo_model.config == DEMO
    assert demo_model.source == demo.CHECKPOINT.name
    assert demo_model.preprocessing == Preprocessing(size=96, crop_ratio=1.0)
    assert demo_model.labels is not None
    assert demo_model.labels[0] == "T-shirt/top"
    assert not demo_model.is_random


def test_naming_the_demo_model_is_the_same(demo_model: LoadedModel) -> None:
    assert load_model("demo").digest == demo_model.digest


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_variants_need_weights(name: str) -> None:
    with pytest.raises(UsageError, match=r"needs its checkpoint.*github\.com.*`random_weights`"):
        load_model(name)


@pytest.mark.parametrize("name", ["b0", "e1"])
def test_random_weights_are_marked(name: str) -> None:
    loaded = load_model(name, random_weights=True)
    assert loaded.is_random
    assert loaded.config == VARIANTS[name]
    assert loaded.preprocessing == Preprocessing()
    assert loaded.preprocessing.resize == (236, 236)


def test_an_own_checkpoint_states_its_architecture(
    tiny_config: LowFormerConfig, tmp_path: Path
) -> None:
    path = tmp_path / "own.safetensors"
    preprocessing = Preprocessing(size=64, crop_ratio=0.8)
    save_checkpoint(path, random_model(tiny_config), preprocessing, "abcde")
    loaded = load_model(weights=path)
    assert loaded.config == tiny_config
    assert loaded.preprocessing == preprocessing
    assert loaded.labels == tuple("abcde")
    resized = load_model(weights=path, input_size=100)
    assert resized.preprocessing == Preprocessing(size=100, crop_ratio=0.8)
    assert resized.config.input_size == 100


def test_a_named_variant_keeps_the_size_and_classes_that_it_was_trained_with(
    tmp_path: Path,
) -> None:
    config = VARIANTS["e1"].replace(input_size=96, num_classes=3)
    path = tmp_path / "mine.safetensors"
    save_checkpoint(path, random_model(config), Preprocessing(size=96), "abc")
    loaded = load_model("e1", weights=path)
    assert (loaded.config.input_size, loaded.config.num_classes) == (96, 3)
    assert loaded.preprocessing.size == 96
    assert load_model("e1", weights=path, input_size=64).preprocessing.size == 64


def test_json_and_yaml_configs(tiny_config: LowFormerConfig, tmp_path: Path) -> None:
    weights = tmp_path / "weights.pt"
    torch.save(random_model(tiny_config).state_dict(), weights)
    config = tmp_path / "config.json"
    config.write_text(json.dumps(tiny_config.to_dict()))
    loaded = load_model(config=config, weights=weights)
    assert loaded.config == tiny_config
    assert loaded.preprocessing == Preprocessing(size=64)
    yaml = tmp_path / "e1.yaml"
    yaml.write_text(
        "net_config: {name: E1, bb_convattention: True, bb_convin2: True, fastit: True}\n"
        "data_provider: {rrc_config: {test_crop_ratio: 0.9}}\n"
    )
    loaded = load_model(config=yaml, random_weights=True, num_classes=3)
    assert loaded.config == VARIANTS["e1"].replace(num_classes=3)
    assert loaded.preprocessing.crop_ratio == 0.9


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"name": "b0", "config": Path("x.yaml")}, "give one of them"),
        ({"weights": Path("x.pt"), "random_weights": True}, "exclude each other"),
        ({"name": "b9"}, "not known"),
        ({"name": "b0", "weights": Path("absent.pt")}, "no such checkpoint"),
        ({"input_size": 16}, "32 to 4096"),
        ({"input_size": 5000}, "32 to 4096"),
        ({"num_classes": 0}, "must be positive"),
        ({"num_classes": 11}, "has 10 classes, the model 11; give `num_classes` 10"),
        ({"labels": ("a", "b")}, "2 class names were given, but the model has 10"),
        ({"name": Path("b0.pt")}, "`name` must be a registered variant such as 'b0', not .*Path"),
    ],
)
def test_what_cannot_be_loaded(arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        load_model(**arguments)


def test_a_bare_checkpoint_needs_an_architecture(
    tiny_config: LowFormerConfig, tmp_path: Path
) -> None:
    path = tmp_path / "bare.pt"
    torch.save(random_model(tiny_config).state_dict(), path)
    with pytest.raises(UsageError, match="give `name` or `config`"):
        load_model(weights=path)
