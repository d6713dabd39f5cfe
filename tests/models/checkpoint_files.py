"""Checkpoints as people save them, of a small model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file

State = dict[str, torch.Tensor]


def changed(state: Mapping[str, torch.Tensor], by: float) -> State:
    """The same weights with a number added, so that sets can be told apart."""
    return {
        name: value + by if value.is_floating_point() else value.clone()
        for name, value in state.items()
    }


def prefixed(state: Mapping[str, torch.Tensor], prefix: str) -> State:
    return {prefix + name: value for name, value in state.items()}


def write_shards(folder: Path, state: Mapping[str, torch.Tensor], count: int = 2) -> Path:
    """Writes shards as Hugging Face's libraries do; returns the index."""
    names, places = list(state), {}
    for number in range(count):
        file = f"model-{number + 1:05d}-of-{count:05d}.safetensors"
        part = {name: state[name].contiguous() for name in names[number::count]}
        save_file(part, folder / file, metadata={"format": "pt"})
        places.update(dict.fromkeys(part, file))
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": places}))
    return index
