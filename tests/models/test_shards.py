"""Checkpoints in several files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from lowformer_edge.errors import CheckpointError
from lowformer_edge.models.checkpoint import load_weights, read_checkpoint
from lowformer_edge.models.checkpoint_file import digest_of_checkpoint
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.random_weights import random_model

from .checkpoint_files import State, write_shards


@pytest.fixture
def state(slight_config: LowFormerConfig) -> State:
    return dict(random_model(slight_config).state_dict())


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("given", ["index", "shard"])
def test_2_3_shards_are_one_checkpoint(
    given: str, count: int, state: State, slight_config: LowFormerConfig, tmp_path: Path
) -> None:
    index = write_shards(tmp_path, state, count)
    path = index if given == "index" else tmp_path / f"model-00001-of-{count:05d}.safetensors"
    checkpoint = read_checkpoint(path)
    loaded = load_weights(slight_config, checkpoint).state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in state.items())
    assert checkpoint.digest == digest_of_checkpoint(path)


def test_2_3_shards_of_torch_are_read(
    state: State, slight_config: LowFormerConfig, tmp_path: Path
) -> None:
    names = list(state)
    places = {}
    for number, part in enumerate((names[::2], names[1::2]), 1):
        file = f"pytorch_model-{number:05d}-of-00002.bin"
        torch.save({name: state[name] for name in part}, tmp_path / file)
        places.update(dict.fromkeys(part, file))
    index = tmp_path / "pytorch_model.bin.index.json"
    index.write_text(json.dumps({"weight_map": places}))
    load_weights(slight_config, read_checkpoint(index))


@pytest.mark.parametrize(
    "given", ["model.safetensors.index.json", "model-00001-of-00003.safetensors"]
)
def test_2_3_a_missing_shard_is_named(given: str, state: State, tmp_path: Path) -> None:
    write_shards(tmp_path, state, 3)
    (tmp_path / "model-00002-of-00003.safetensors").unlink()
    with pytest.raises(
        CheckpointError, match=r"its shard model-00002-of-00003\.safetensors is miss"
    ):
        read_checkpoint(tmp_path / given)


def test_2_3_a_damaged_shard_is_named(state: State, tmp_path: Path) -> None:
    index = write_shards(tmp_path, state, 2)
    shard = tmp_path / "model-00002-of-00002.safetensors"
    shard.write_bytes(shard.read_bytes()[:-10])
    with pytest.raises(CheckpointError, match=r"model-00002-of-00002\.safetensors: not a whole"):
        read_checkpoint(index)


def test_2_3_a_tensor_that_the_index_promises_is_missed(state: State, tmp_path: Path) -> None:
    index = write_shards(tmp_path, state, 2)
    fields = json.loads(index.read_text())
    fields["weight_map"]["head.more"] = "model-00001-of-00002.safetensors"
    index.write_text(json.dumps(fields))
    with pytest.raises(CheckpointError, match=r"head\.more should be in model-00001"):
        read_checkpoint(index)


@pytest.mark.parametrize("place", ["../other.safetensors", "/etc/passwd", "..", "", 3])
def test_2_3_an_index_cannot_name_files_elsewhere(
    place: object, state: State, tmp_path: Path
) -> None:
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a.b": place}}))
    with pytest.raises(CheckpointError, match=r"names a shard .* do not trust it"):
        read_checkpoint(index)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"weight_map": {}}', '{"weight_map": 3}'])
def test_2_3_json_that_is_no_index_says_so(text: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"config\.json: (not a readable index|JSON without)"):
        read_checkpoint(tmp_path / "config.json")
