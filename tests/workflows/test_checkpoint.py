"""What is told of a checkpoint without loading it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from lowformer_edge.errors import CheckpointError
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.models.variants import VARIANTS
from lowformer_edge.workflows.checkpoint import inspect_checkpoint

from ..models.checkpoint_files import State, write_shards


@pytest.fixture(scope="module")
def b0() -> State:
    return dict(random_model(VARIANTS["b0"].replace(num_classes=7)).state_dict())


def test_2_3_the_variant_that_fits_is_named(b0: State, tmp_path: Path) -> None:
    torch.save(b0, tmp_path / "evalmodel.pt")
    found = inspect_checkpoint(tmp_path / "evalmodel.pt")
    (only,) = found.sets
    assert (only.variant, only.classes, only.names) == ("b0", 7, "published")
    assert (only.nearest, found.input_size, found.taken) == (None, (224, 224), "")
    parameters = random_model(VARIANTS["b0"].replace(num_classes=7)).parameters()
    assert only.parameters == sum(one.numel() for one in parameters)
    assert sum(group.parameters for group in only.groups.values()) == only.parameters


def test_2_3_the_nearest_variant_is_named(b0: State, tmp_path: Path) -> None:
    torch.save({**b0, "head.op_list.9.weight": torch.zeros(3)}, tmp_path / "odd.pt")
    (only,) = inspect_checkpoint(tmp_path / "odd.pt").sets
    assert only.variant is None
    assert only.nearest is not None
    assert "the nearest is b0" in only.nearest


def test_2_3_shards_are_listed(slight_config: LowFormerConfig, tmp_path: Path) -> None:
    index = write_shards(tmp_path, dict(random_model(slight_config).state_dict()), 2)
    found = inspect_checkpoint(index)
    assert found.files == ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    assert found.stated == {"format": "pt"}


def test_2_3_types_are_told_of_what_is_not_plain_too(
    slight_config: LowFormerConfig, tmp_path: Path
) -> None:
    state = dict(random_model(slight_config).state_dict())
    sparse = {"head.op_list.3.linear.weight": torch.ones(5, 20).to_sparse()}
    torch.save({**state, **sparse}, tmp_path / "sparse.pt")
    (only,) = inspect_checkpoint(tmp_path / "sparse.pt").sets
    assert only.dtypes["torch._utils._rebuild_sparse_tensor"] == 1


def test_2_3_a_file_without_weights_says_what_it_holds(tmp_path: Path) -> None:
    torch.save({"optimizer": {"state": {}}, "epoch": 3}, tmp_path / "optimizer.pt")
    with pytest.raises(CheckpointError, match=r"no state dict.*optimizer \(.*\), epoch \(int\)"):
        inspect_checkpoint(tmp_path / "optimizer.pt")
