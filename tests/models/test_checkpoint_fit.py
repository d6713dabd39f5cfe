"""What is said of weights that do not fit."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from lowformer_edge.errors import CheckpointError, UsageError
from lowformer_edge.models.checkpoint import load_weights, read_checkpoint
from lowformer_edge.models.checkpoint_fit import fitting_variant, nearest_variant
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.loading import load_model
from lowformer_edge.models.lowformer import LowFormer
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.models.variants import VARIANTS


def shapes(config: LowFormerConfig) -> dict[str, tuple[int, ...]]:
    with torch.device("meta"):
        state = LowFormer(config).state_dict()
    return {k: tuple(v.shape) for k, v in state.items() if "num_batches" not in k}


def test_2_3_the_error_lists_what_the_file_holds(
    tiny_config: LowFormerConfig, tmp_path: Path
) -> None:
    torch.save(random_model(tiny_config).state_dict(), tmp_path / "tiny.pt")
    with pytest.raises(
        CheckpointError,
        match=r"not a checkpoint of b0: lacks backbone\S+ and \d+ more; has besides .*; differs in"
        r" shape at .*; it holds \d+ weights: backbone\.input_stem \(\d+\), backbone\.stages"
        r" \(\d+\), head\.op_list \(\d+\); no registered variant fits it",
    ):
        load_weights(VARIANTS["b0"], read_checkpoint(tmp_path / "tiny.pt"))


def test_2_3_the_nearest_variant_is_named() -> None:
    found = shapes(VARIANTS["b1"])
    for extra in ("head.extra.weight", "head.extra.bias"):
        found[extra] = (3,)
    assert fitting_variant(found) is None
    nearest = nearest_variant(found)
    assert nearest is not None
    assert nearest[0] == "b1"


@pytest.mark.parametrize("classes", [0, 2**40])
def test_2_3_an_impossible_number_of_classes_fits_nothing(classes: int) -> None:
    found = {**shapes(VARIANTS["b0"]), "head.op_list.3.linear.weight": (classes, 1600)}
    assert fitting_variant(found) is None


def test_2_3_a_checkpoint_without_architecture_says_what_it_fits(tmp_path: Path) -> None:
    config = VARIANTS["b0"].replace(num_classes=7)
    torch.save(random_model(config).state_dict(), tmp_path / "bare.pt")
    with pytest.raises(UsageError, match=r"give `name` or `config`: it fits model b0"):
        load_model(weights=tmp_path / "bare.pt")


@pytest.mark.parametrize(
    "metadata",
    [
        {"format": "pt"},
        {"config": "configs/b1.yaml"},
        {"config": '{"lr": 0.1}', "labels": "cat,dog"},
        {"preprocessing": "imagenet", "labels": "3"},
    ],
)
def test_2_3_metadata_of_others_do_not_matter(
    metadata: dict[str, str], slight_config: LowFormerConfig, tmp_path: Path
) -> None:
    state = random_model(slight_config).state_dict()
    save_file(state, tmp_path / "theirs.safetensors", metadata=metadata)
    checkpoint = read_checkpoint(tmp_path / "theirs.safetensors")
    load_weights(slight_config, checkpoint)
    told = [name for name in ("config", "preprocessing", "labels") if name in metadata]
    expected = (f"its metadata {', '.join(told)} are not lowformer-edge's; not used",)
    assert checkpoint.notes == (expected if told else ())


def test_2_3_names_are_shown_without_control_characters(
    slight_config: LowFormerConfig, tmp_path: Path
) -> None:
    torch.save({"\x1b[31m": {"a\x1b[2J\n.b\ud800": torch.zeros(2)}}, tmp_path / "odd.pt")
    with pytest.raises(CheckpointError) as caught:
        load_weights(slight_config, read_checkpoint(tmp_path / "odd.pt"))
    assert str(caught.value).isprintable()
