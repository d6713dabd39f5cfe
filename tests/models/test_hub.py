"""Checkpoints of the hub, from a stand-in for it on the loopback."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.errors import CheckpointError, MissingDependencyError, UsageError
from lowformer_edge.models.checkpoint_source import local_path
from lowformer_edge.models.hub import fetch
from lowformer_edge.models.loading import load_model
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.models.variants import DEMO

from .checkpoint_files import write_shards
from .hub_server import COMMIT, Repositories, serve_hub

constants = pytest.importorskip(
    "huggingface_hub.constants", reason="huggingface_hub is not installed"
)

NAME = "timm/lowformer_demo"
REFERENCE = f"hf:{NAME}"
CONFIG = {
    "architecture": "lowformer_demo",
    "pretrained_cfg": {
        "input_size": [3, 64, 64],
        "crop_pct": 0.875,
        "interpolation": "bilinear",
        "mean": [0.5, 0.5, 0.5],
        "std": [0.5, 0.5, 0.5],
    },
}

Serve = Callable[[Repositories], None]


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Makes repositories the hub's, with an empty cache; the last ones are served."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    with ExitStack() as stack:

        def start(repositories: Repositories) -> None:
            address = stack.enter_context(serve_hub(repositories))
            monkeypatch.setenv("HF_ENDPOINT", address)

        yield start


@pytest.fixture(scope="module")
def weights() -> bytes:
    return safetensors.torch.save(random_model(DEMO).state_dict())


def files(weights: bytes, config: Any = CONFIG) -> dict[str, bytes]:
    return {"model.safetensors": weights, "config.json": json.dumps(config).encode()}


def test_a_checkpoint_with_its_preprocessing(serve: Serve, weights: bytes) -> None:
    serve({NAME: files(weights)})
    loaded = load_model("demo", weights=REFERENCE)
    assert loaded.preprocessing == Preprocessing(
        size=64, crop_ratio=0.875, interpolation="bilinear", mean=(0.5,) * 3, std=(0.5,) * 3
    )
    assert loaded.preprocessing_sources["mean"] == "timm's pretrained_cfg"
    assert loaded.source == f"{REFERENCE}@{COMMIT}"
    assert local_path(REFERENCE).read_bytes() == weights


@pytest.mark.parametrize("revision", ["main", COMMIT])
def test_a_revision(revision: str, serve: Serve, weights: bytes) -> None:
    serve({NAME: files(weights)})
    assert fetch(f"{REFERENCE}@{revision}").name == f"{REFERENCE}@{COMMIT}"


def test_what_was_fetched_is_taken_without_a_network(
    serve: Serve, weights: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve({NAME: {"model.safetensors": weights}})
    first = fetch(REFERENCE)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert fetch(REFERENCE) == first


def test_what_was_fetched_is_taken_offline(
    serve: Serve, weights: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve({NAME: files(weights)})
    first = fetch(REFERENCE)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert fetch(REFERENCE) == first


def test_what_was_never_fetched_needs_a_network(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve({})
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(CheckpointError, match=r"was not downloaded before.*HF_HUB_OFFLINE"):
        fetch(REFERENCE)


def test_shards(serve: Serve, tmp_path: Path) -> None:
    state = dict(random_model(DEMO).state_dict())
    write_shards(tmp_path, state, 2)
    serve({NAME: {file.name: file.read_bytes() for file in tmp_path.glob("model*")}})
    loaded = load_model("demo", weights=REFERENCE).network.state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in state.items())


def test_a_repository_without_a_config_states_no_preprocessing(
    serve: Serve, weights: bytes
) -> None:
    serve({NAME: {"model.safetensors": weights}})
    assert load_model("demo", weights=REFERENCE).preprocessing.crop_ratio == 1.0


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("hf:timm/absent", "no such repository or revision, or it is private"),
        (f"{REFERENCE}@v9", "no such repository or revision"),
        ("hf:timm/empty", "has none of model.safetensors"),
        ("hf:timm", "a checkpoint of the hub is hf:OWNER/NAME"),
        ("hf:", "a checkpoint of the hub is hf:OWNER/NAME"),
        ("hf:a/b/c", "a checkpoint of the hub is hf:OWNER/NAME"),
        ("hf:timm/odd--name", "cannot be fetched"),
        ("hf:timm/broken", "not a readable config"),
    ],
)
def test_what_cannot_be_fetched(reference: str, reason: str, serve: Serve, weights: bytes) -> None:
    broken = {"model.safetensors": weights, "config.json": b"{"}
    serve({NAME: files(weights), "timm/empty": {"a": b"a"}, "timm/broken": broken})
    with pytest.raises(CheckpointError, match=reason) as caught:
        fetch(reference)
    assert "\n" not in str(caught.value)


def test_a_preprocessing_that_cannot_be_followed(serve: Serve, weights: bytes) -> None:
    serve({NAME: files(weights, {"pretrained_cfg": {"input_size": [1, 64, 64]}})})
    with pytest.raises(UsageError, match=r"its config\.json states a preprocessing that is not"):
        load_model("demo", weights=REFERENCE)


def test_the_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'lowformer-edge\[hub\]'"):
        fetch(REFERENCE)
