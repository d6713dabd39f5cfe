"""Who states the preprocessing, who beats whom, and that it is said."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.errors import UsageError
from lowformer_edge.models.checkpoint import save_checkpoint
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.loading import LoadedModel, load_model
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.models.variants import DEMO, VARIANTS

HALF = (0.5, 0.5, 0.5)


def write_file(folder: Path, fields: object, name: str = "preprocessing.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(fields))
    return path


def of_slight(config: LowFormerConfig, **given: Any) -> LoadedModel:
    return load_model(config=config, random_weights=True, **given)


def test_1_3_values_that_nobody_stated_are_called_so(slight_config: LowFormerConfig) -> None:
    assert load_model("b0", random_weights=True).preprocessing_sources["crop_ratio"] == (
        "published values"
    )
    sources = of_slight(slight_config).preprocessing_sources
    assert (sources["crop_ratio"], sources["size"]) == ("default", "config file")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("crop_ratio", 0.875),
        ("interpolation", "bilinear"),
        ("mean", HALF),
        ("std", HALF),
        ("resize_mode", "squash"),
        ("padding_place", "around"),
        ("size", (64, 96)),
    ],
)
def test_1_3_each_parameter_is_given_and_said(
    name: str, value: Any, slight_config: LowFormerConfig, tmp_path: Path
) -> None:
    given = of_slight(slight_config, preprocessing={name: value})
    assert getattr(given.preprocessing, name) == value
    assert given.preprocessing_sources[name] == "given"
    stated = [list(value) if isinstance(value, tuple) else value][0]
    file = write_file(tmp_path, {name: stated})
    read = of_slight(slight_config, preprocessing_file=file)
    assert getattr(read.preprocessing, name) == value
    assert read.preprocessing_sources[name] == "preprocessing file"
    assert read.config.input_size == read.preprocessing.size


def test_1_3_a_file_may_be_yaml_or_a_manifests(
    slight_config: LowFormerConfig, tmp_path: Path
) -> None:
    path = tmp_path / "eval.yaml"
    path.write_text("crop_ratio: 0.875\nmean: [0.5, 0.5, 0.5]\n")
    read = of_slight(slight_config, preprocessing_file=path).preprocessing
    assert (read.crop_ratio, read.mean, read.padding) == (0.875, HALF, (128, 128, 128))
    whole = Preprocessing(size=(64, 96), crop_ratio=0.8, std=HALF)
    path = write_file(tmp_path, {"schema_version": 2, "preprocessing": whole.to_dict()})
    assert of_slight(slight_config, preprocessing_file=path).preprocessing == whole


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"crop": 0.9}, "preprocessing has no crop; it has size, crop_ratio"),
        ({"crop_ratio": "0.9"}, "crop_ratio must be in"),
        ({"crop_ratio": 1.5}, "crop_ratio must be in"),
        ({"crop_ratio": None}, "crop_ratio must be in"),
        ({"interpolation": "cubic"}, "interpolation 'cubic' is unknown; choose one of"),
        ({"interpolation": ["bicubic"]}, "interpolation .* is unknown"),
        ({"mean": 0.5}, "wrong type"),
        ({"mean": [0.5, 0.5]}, "three numbers"),
        ({"mean": [123.7, 116.3, 103.5]}, r"mean must be from 0 to 1.*divide by 255"),
        ({"std": [58.4, 57.1, 57.4]}, r"std must be.*divide by 255"),
        ({"std": [0, 1, 1]}, "std must be positive"),
        ({"std": ["a", "b", "c"]}, "three numbers"),
        ({"size": "64"}, "a size is"),
        ({"size": [64, 64, 3]}, "a size is"),
        ({"size": 64, "height": 64, "width": 64}, "either size, or both height and width"),
        ({"height": 64}, "either size, or both height and width"),
        ({"size": 64, "crop_ratio": 0.5, "resize": [64, 64]}, "contradicts"),
        ({"padding": [0, 0, 256], "resize_mode": "letterbox"}, "padding needs three whole"),
        ({"padding_place": "left"}, "padding_place 'left' is unknown"),
        ({}, "states no preprocessing"),
        ([1], "states no preprocessing"),
        ("text", "states no preprocessing"),
    ],
)
@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_1_3_what_a_file_cannot_state_is_one_line(
    suffix: str, fields: object, reason: str, slight_config: LowFormerConfig, tmp_path: Path
) -> None:
    path = write_file(tmp_path, fields, f"eval.{suffix}")
    with pytest.raises(UsageError, match=rf"eval\.{suffix}: .*{reason}") as caught:
        of_slight(slight_config, preprocessing_file=path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("absent.json", None, "no such file"),
        ("eval.txt", "{}", "a preprocessing is a .json"),
        ("eval.json", "{", "not readable"),
        ("eval.yaml", "a: [", "not readable"),
        ("eval.yaml", "!!python/object/apply:os.getcwd []", "not readable"),
    ],
)
def test_1_3_files_that_cannot_be_read_are_one_line(
    name: str, content: str | None, reason: str, slight_config: LowFormerConfig, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(UsageError, match=reason) as caught:
        of_slight(slight_config, preprocessing_file=tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["height", "width", "input_size", "crop_pct", 3])
def test_1_3_the_api_refuses_other_names(name: Any, slight_config: LowFormerConfig) -> None:
    with pytest.raises(UsageError, match=rf"`preprocessing` has no {name}; it has size"):
        of_slight(slight_config, preprocessing={name: 64})


def test_1_3_an_option_beats_a_file_beats_a_checkpoint_and_it_is_said(
    slight_config: LowFormerConfig, tmp_path: Path
) -> None:
    weights = tmp_path / "own.safetensors"
    trained = Preprocessing(size=64, crop_ratio=0.9, interpolation="bilinear", mean=HALF)
    save_checkpoint(weights, random_model(slight_config), trained, "abcde")
    file = write_file(tmp_path, {"crop_ratio": 0.8, "interpolation": "nearest", "mean": HALF})
    loaded = load_model(weights=weights, preprocessing_file=file, preprocessing={"crop_ratio": 0.7})
    used, sources = loaded.preprocessing, loaded.preprocessing_sources
    assert (used.crop_ratio, sources["crop_ratio"]) == (0.7, "given")
    assert (used.interpolation, sources["interpolation"]) == ("nearest", "preprocessing file")
    assert (used.std, sources["std"]) == (trained.std, "checkpoint")
    assert loaded.notes == (
        "preprocessing: took crop_ratio 0.8 (preprocessing file), not 0.9 (checkpoint)",
        "preprocessing: took interpolation nearest (preprocessing file), not bilinear (checkpoint)",
        "preprocessing: took crop_ratio 0.7 (given), not 0.8 (preprocessing file)",
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            {"crop_pct": 0.875, "interpolation": "bilinear", "mean": [0.5] * 3, "std": [0.5] * 3},
            {"crop_ratio": 0.875, "interpolation": "bilinear", "mean": HALF, "std": HALF},
        ),
        ({"input_size": [3, 64, 96], "img_size": None}, {"size": (64, 96)}),
        ({"img_size": 96, "interpolation": ""}, {"size": 96}),
        ({"interpolation": "random", "mean": None, "crop_pct": "x"}, {}),
        ({"lr": 0.1}, {}),
    ],
)
@pytest.mark.parametrize("kind", [dict, argparse.Namespace])
def test_1_3_a_trainers_options_in_a_checkpoint_state_it(
    kind: Any,
    options: dict[str, Any],
    expected: dict[str, Any],
    slight_config: LowFormerConfig,
    tmp_path: Path,
) -> None:
    state = random_model(slight_config).state_dict()
    torch.save({"state_dict": state, "args": kind(**options)}, tmp_path / "timm.pth")
    path = write_file(tmp_path, slight_config.to_dict(), "slight.json")
    loaded = load_model(config=path, weights=tmp_path / "timm.pth")
    expected = {name: value for name, value in expected.items() if name != "size"}
    sources = loaded.preprocessing_sources
    assert {name for name in sources if sources[name] == "checkpoint"} - {"size"} == (
        {*expected, "padding"} if "mean" in expected else set(expected)
    )
    assert all(getattr(loaded.preprocessing, name) == expected[name] for name in expected)


def test_1_3_a_named_variant_takes_the_size_that_the_trainer_states(tmp_path: Path) -> None:
    state = random_model(DEMO).state_dict()
    torch.save({"state_dict": state, "args": {"img_size": 64}}, tmp_path / "small.pth")
    loaded = load_model("demo", weights=tmp_path / "small.pth")
    assert loaded.config == VARIANTS["demo"].replace(input_size=64)
    assert loaded.preprocessing_sources["size"] == "checkpoint"
