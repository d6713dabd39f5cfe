from __future__ import annotations

import os
import pickle
import random
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.errors import CheckpointError
from lowformer_edge.models.checkpoint import (
    load_weights,
    read_checkpoint,
    save_checkpoint,
)
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.models.variants import VARIANTS

State = dict[str, torch.Tensor]


@pytest.fixture
def state(tiny_config: LowFormerConfig) -> State:
    return dict(random_model(tiny_config).state_dict())


def assert_loads(path: Path, config: LowFormerConfig, state: State) -> None:
    loaded = load_weights(config, read_checkpoint(path)).state_dict()
    assert list(loaded) == list(state)
    assert all(torch.equal(loaded[key], value) for key, value in state.items())


def test_published_layout_with_extras(
    tiny_config: LowFormerConfig, state: State, tmp_path: Path
) -> None:
    path = tmp_path / "evalmodel.pt"
    torch.save({"state_dict": state, "epoch": 3, "best_val": 79.9}, path)
    assert_loads(path, tiny_config, state)


def test_bare_state_dict_and_safetensors(
    tiny_config: LowFormerConfig, state: State, tmp_path: Path
) -> None:
    torch.save(state, tmp_path / "bare.pt")
    save_file(state, tmp_path / "bare.safetensors")
    assert_loads(tmp_path / "bare.pt", tiny_config, state)
    assert_loads(tmp_path / "bare.safetensors", tiny_config, state)


def test_old_pickle_format(tiny_config: LowFormerConfig, state: State, tmp_path: Path) -> None:
    path = tmp_path / "old.pt"
    torch.save(state, path, _use_new_zipfile_serialization=False)
    assert_loads(path, tiny_config, state)


@pytest.mark.parametrize("prefix", ["", "module."])
def test_other_key_spellings(
    prefix: str, tiny_config: LowFormerConfig, state: State, tmp_path: Path
) -> None:
    path = tmp_path / "spelled.pt"
    spelled = {
        prefix + key.replace("head.op_list", "head.opseq.op_list"): value
        for key, value in state.items()
    }
    torch.save({"state_dict": spelled}, path)
    assert_loads(path, tiny_config, state)


def test_our_own_files_state_everything(
    tiny_config: LowFormerConfig, state: State, tmp_path: Path
) -> None:
    path = tmp_path / "own.safetensors"
    preprocessing = Preprocessing(size=64, crop_ratio=1.0)
    labels = ("a", "b", "c", "d", "é")
    save_checkpoint(path, random_model(tiny_config), preprocessing, labels)
    checkpoint = read_checkpoint(path)
    assert checkpoint.config == tiny_config
    assert checkpoint.preprocessing == preprocessing
    assert checkpoint.labels == labels
    assert_loads(path, tiny_config, state)


def test_half_precision_files_load_as_float32(tiny_config: LowFormerConfig, tmp_path: Path) -> None:
    path = tmp_path / "half.safetensors"
    preprocessing = Preprocessing(size=64)
    save_checkpoint(path, random_model(tiny_config), preprocessing, "abcde", dtype=torch.float16)
    loaded = load_weights(tiny_config, read_checkpoint(path))
    assert {value.dtype for value in loaded.parameters()} == {torch.float32}


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch executed",)


def test_code_in_a_pickle_is_refused_and_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": {}, "note": Evil()}, "evil.pt")
    Path("raw.pt").write_bytes(pickle.dumps(Evil()))
    for name in ("evil.pt", "raw.pt"):
        with pytest.raises(CheckpointError, match="could run code"):
            read_checkpoint(Path(name))
    assert not Path("executed").exists()


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
@pytest.mark.parametrize("suffix", ["pt", "safetensors"])
def test_truncated_files(share: float, suffix: str, state: State, tmp_path: Path) -> None:
    whole, cut = tmp_path / f"whole.{suffix}", tmp_path / f"cut.{suffix}"
    if suffix == "pt":
        torch.save(state, whole)
    else:
        save_file(state, whole)
    content = whole.read_bytes()
    cut.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(CheckpointError, match="cut"):
        read_checkpoint(cut)


@pytest.mark.parametrize(
    "content",
    [
        {},
        [1, 2],
        {"state_dict": {}},
        {"weights": torch.zeros(2), "step": 3},
        torch.zeros(2),
        {0: torch.zeros(2)},
    ],
    ids=["empty", "list", "empty state", "mixed", "tensor", "numbered"],
)
def test_files_that_hold_something_else(content: object, tmp_path: Path) -> None:
    path = tmp_path / "other.pt"
    torch.save(content, path)
    with pytest.raises(CheckpointError, match="no state dict"):
        read_checkpoint(path)


def test_foreign_and_missing_files(tmp_path: Path) -> None:
    (tmp_path / "photo.pt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    with pytest.raises(CheckpointError, match=r"photo\.pt"):
        read_checkpoint(tmp_path / "photo.pt")
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        read_checkpoint(tmp_path / "absent.pt")
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        read_checkpoint(tmp_path)


def test_the_variant_that_would_fit_is_named(tmp_path: Path) -> None:
    path = tmp_path / "b0.pt"
    torch.save(random_model(VARIANTS["b0"].replace(num_classes=12)).state_dict(), path)
    with pytest.raises(CheckpointError, match=r"lacks backbone\.stages.*fits model b0"):
        load_weights(VARIANTS["b1"], read_checkpoint(path))
    with pytest.raises(CheckpointError, match=r"has 12 classes.*`num_classes` 12"):
        load_weights(VARIANTS["b0"], read_checkpoint(path))


def test_a_foreign_network_fits_no_variant(tiny_config: LowFormerConfig, tmp_path: Path) -> None:
    path = tmp_path / "mlp.pt"
    torch.save({"fc.weight": torch.zeros(2, 2)}, path)
    with pytest.raises(CheckpointError, match=r"has besides fc\.weight.*no registered variant"):
        load_weights(tiny_config, read_checkpoint(path))


def test_differing_shapes_are_named(
    tiny_config: LowFormerConfig, state: State, tmp_path: Path
) -> None:
    path = tmp_path / "wide.pt"
    torch.save(random_model(tiny_config.replace(head_widths=(24, 21))).state_dict(), path)
    with pytest.raises(CheckpointError, match=r"differs in shape.*\[21, 24\], not \[20, 24\]"):
        load_weights(tiny_config, read_checkpoint(path))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite(
    value: float, tiny_config: LowFormerConfig, state: State, tmp_path: Path
) -> None:
    path = tmp_path / "broken.pt"
    key = "head.op_list.2.linear.weight"
    torch.save({**state, key: torch.full_like(state[key], value)}, path)
    with pytest.raises(CheckpointError, match=f"{key} holds NaN or infinite"):
        load_weights(tiny_config, read_checkpoint(path))


@pytest.mark.parametrize("metadata", ["{", '{"name": "x"}', '"text"'])
def test_damaged_metadata(metadata: str, state: State, tmp_path: Path) -> None:
    path = tmp_path / "metadata.safetensors"
    stated = {"config": metadata, "preprocessing": "{}", "labels": "[]"}
    save_file(state, path, metadata=stated)
    with pytest.raises(CheckpointError, match="metadata are damaged"):
        read_checkpoint(path)


@pytest.mark.parametrize(
    ("weight", "reason"),
    [
        (torch.zeros(20, 24, dtype=torch.complex64), "is of type torch.complex64"),
        (torch.zeros(20, 24, dtype=torch.int32), "is of type torch.int32"),
        (torch.full((20, 24), 1e300, dtype=torch.float64), "NaN or infinite"),
        (torch.zeros(20, 24).to_sparse(), "not a plain tensor"),
    ],
    ids=["complex", "integer", "too large", "sparse"],
)
def test_weights_of_another_kind(
    weight: torch.Tensor,
    reason: str,
    tiny_config: LowFormerConfig,
    state: State,
    tmp_path: Path,
) -> None:
    path = tmp_path / "odd.pt"
    torch.save({**state, "head.op_list.2.linear.weight": weight}, path)
    with pytest.raises(CheckpointError, match=reason):
        load_weights(tiny_config, read_checkpoint(path))


def test_a_custom_config_with_other_classes_gets_the_right_advice(
    tiny_config: LowFormerConfig, state: State, tmp_path: Path
) -> None:
    path = tmp_path / "five.pt"
    torch.save(state, path)
    with pytest.raises(CheckpointError, match="has 5 classes, the model 9; give `num_classes` 5"):
        load_weights(tiny_config.replace(num_classes=9), read_checkpoint(path))
    with pytest.raises(CheckpointError, match="not a checkpoint of b0: lacks"):
        load_weights(tiny_config.replace(name="b0", depths=(1, 1, 2, 2, 1)), read_checkpoint(path))


def test_damaged_legacy_pickles_are_one_error(state: State, tmp_path: Path) -> None:
    path = tmp_path / "old.pt"
    torch.save(state, path, _use_new_zipfile_serialization=False)
    content = path.read_bytes()
    generator = random.Random(0)
    for _ in range(60):
        place = generator.randrange(3000)
        path.write_bytes(content[:place] + bytes([generator.randrange(256)]) + content[place + 1 :])
        try:
            read_checkpoint(path)
        except CheckpointError:
            continue
