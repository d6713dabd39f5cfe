"""Names of weights as trainers and wrappers save them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lowformer_edge.errors import CheckpointError
from lowformer_edge.models.checkpoint import load_weights, read_checkpoint
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.models.weight_names import networks_in, plain_name

from .checkpoint_files import State, prefixed


@pytest.fixture(scope="module")
def state(slight_config: LowFormerConfig) -> State:
    return dict(random_model(slight_config).state_dict())


@pytest.mark.parametrize(
    "prefix",
    [
        "_orig_mod.",
        "module.",
        "model.",
        "net.",
        "module._orig_mod.",
        "_orig_mod.module.",
        "module.model.encoder.",
        "student.0.",
    ],
)
def test_2_3_a_prefix_of_all_names_is_taken_off_and_said(
    prefix: str, state: State, slight_config: LowFormerConfig, tmp_path: Path
) -> None:
    torch.save({"model": prefixed(state, prefix)}, tmp_path / "wrapped.pt")
    checkpoint = read_checkpoint(tmp_path / "wrapped.pt")
    loaded = load_weights(slight_config, checkpoint).state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in state.items())
    assert checkpoint.notes == (f"took {prefix} off its names",)


def test_2_3_a_compiled_part_is_read(state: State, slight_config: LowFormerConfig) -> None:
    compiled = {name.replace("backbone.", "backbone._orig_mod.") for name in state}
    assert {plain_name(name) for name in compiled} == set(state)


@pytest.mark.parametrize(
    "change",
    [
        lambda s: {k: v for k, v in s.items() if "num_batches_tracked" not in k},
        lambda s: {**s, "total_ops": torch.zeros(1), "backbone.total_params": torch.zeros(1)},
        lambda s: {**s, "n_averaged": torch.tensor(3)},
        lambda s: {**s, "epoch": 3, "args": None},
        lambda s: {k: v.float() for k, v in s.items()},
    ],
    ids=["no counters", "thop", "AveragedModel", "flat", "counters as floats"],
)
def test_2_3_harmless_differences_are_read(
    change: Callable[[State], State], state: State, slight_config: LowFormerConfig, tmp_path: Path
) -> None:
    torch.save(change(state), tmp_path / "odd.pt")
    loaded = load_weights(slight_config, read_checkpoint(tmp_path / "odd.pt")).state_dict()
    weights = {name: value for name, value in state.items() if value.is_floating_point()}
    assert all(torch.equal(loaded[name], value) for name, value in weights.items())


def test_2_3_what_is_beside_the_network_is_left_out_and_said(
    state: State, slight_config: LowFormerConfig, tmp_path: Path
) -> None:
    lightning = {**prefixed(state, "model."), "criterion.weight": torch.ones(5)}
    torch.save({"state_dict": lightning}, tmp_path / "lightning.ckpt")
    checkpoint = read_checkpoint(tmp_path / "lightning.ckpt")
    load_weights(slight_config, checkpoint)
    assert checkpoint.notes[-1] == ("left out what is beside the network, 1 weights: criterion (1)")


def test_2_3_two_weights_of_one_name_are_refused(state: State, tmp_path: Path) -> None:
    torch.save({**state, **prefixed(state, "module.")}, tmp_path / "twice.pt")
    with pytest.raises(CheckpointError, match=r"twice\.pt: two of its tensors have the same name"):
        read_checkpoint(tmp_path / "twice.pt")


PARTS = st.sampled_from(["module", "_orig_mod", "model", "net", "encoder", "0", "backbone2"])


@given(parts=st.lists(PARTS, max_size=4))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_2_3_any_prefix_leads_to_the_same_names(parts: list[str], state: State) -> None:
    wrapped = {plain_name(".".join([*parts, name])): value for name, value in state.items()}
    (network,) = networks_in(wrapped).values()
    assert list(network) == list(state)
