"""What a pickle holds beside tensors: read or left out, and never run."""

from __future__ import annotations

import argparse
import collections
import datetime
import enum
import os
import pickle
import subprocess
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lowformer_edge.errors import CheckpointError
from lowformer_edge.models.checkpoint import load_weights, read_checkpoint
from lowformer_edge.models.checkpoint_file import open_checkpoint
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.models.restricted_pickle import Inert

from .checkpoint_files import State


@pytest.fixture(scope="module")
def state(slight_config: LowFormerConfig) -> State:
    return dict(random_model(slight_config).state_dict())


class Phase(enum.Enum):
    TRAIN = "train"


class Settings:
    """A trainer's own class, with slots and attributes."""

    __slots__ = ("__dict__", "rate")

    def __init__(self) -> None:
        self.rate, self.name = 0.1, "mine"


class Bag(dict[str, Any]):
    pass


BESIDE: dict[str, Any] = {
    "Namespace": argparse.Namespace(lr=0.1, data=Path("x")),
    "numpy scalar": np.float64(79.9),
    "numpy integer": np.int64(3),
    "numpy array": np.arange(3.0),
    "path": Path("/data/imagenet"),
    "enum": Phase.TRAIN,
    "settings": Settings(),
    "a dictionary of its own kind": Bag(rate=0.1),
    "defaultdict": collections.defaultdict(list, a=[1]),
    "date": datetime.datetime(2026, 1, 1),
    "deque": collections.deque([1.0, 2.0], maxlen=2),
    "set": {1, 2},
    "SimpleNamespace": types.SimpleNamespace(a=1),
    "dtype": torch.float16,
    "device": torch.device("cpu"),
    "size": torch.Size([1, 2]),
    "random state": np.random.get_state(),
}


@pytest.mark.parametrize("protocol", [2, 4, 5])
@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "old"])
@pytest.mark.parametrize("beside", BESIDE)
def test_2_3_objects_beside_the_weights_do_not_matter(
    beside: str,
    zipped: bool,
    protocol: int,
    state: State,
    slight_config: LowFormerConfig,
    tmp_path: Path,
) -> None:
    path = tmp_path / "last.pt"
    content = {"args": BESIDE[beside], "model": collections.OrderedDict(state)}
    torch.save(content, path, pickle_protocol=protocol, _use_new_zipfile_serialization=zipped)
    loaded = load_weights(slight_config, read_checkpoint(path)).state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in state.items())


def test_2_3_numbers_of_numpy_are_numbers(state: State, tmp_path: Path) -> None:
    values = [np.float64(79.5), np.float32(0.5), np.int64(-3), np.bool_(True), np.uint8(7)]
    torch.save({"values": values, "model": state}, tmp_path / "last.pt")
    assert open_checkpoint(tmp_path / "last.pt").content["values"] == [79.5, 0.5, -3, True, 7]


def test_2_3_attributes_of_what_is_not_built_are_kept(state: State, tmp_path: Path) -> None:
    torch.save({"args": argparse.Namespace(lr=0.1), "own": Settings()}, tmp_path / "last.pt")
    content = open_checkpoint(tmp_path / "last.pt").content
    assert isinstance(content["args"], Inert)
    assert content["args"].attributes == {"lr": 0.1}
    assert content["own"].attributes == {"rate": 0.1, "name": "mine"}


class Calls:
    """Calls a function with arguments when it is unpickled by the usual way."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


HARMFUL = {
    "posix.system": (os.system, "touch executed"),
    "subprocess.Popen": (subprocess.Popen, ["touch", "executed"]),
    "builtins.eval": (eval, "open('executed', 'w')"),
    "builtins.exec": (exec, "open('executed', 'w')"),
    "io.open": (open, "executed", "w"),
    "builtins.__import__": (__import__, "this"),
}


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "old"])
@pytest.mark.parametrize("name", HARMFUL)
def test_2_3_functions_that_could_do_harm_are_named_and_not_run(
    name: str, zipped: bool, state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content = {"state_dict": state, "note": Calls(*HARMFUL[name])}
    torch.save(content, "evil.pt", _use_new_zipfile_serialization=zipped)
    with pytest.raises(CheckpointError, match=rf"evil\.pt: names {name}, which could run code"):
        read_checkpoint(Path("evil.pt"))
    assert not Path("executed").exists()


def touch(path: str) -> str:
    """A function of a package of somebody's."""
    Path(path).touch()
    return path


def test_2_3_functions_of_others_are_not_run_either(
    state: State, slight_config: LowFormerConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": state, "note": Calls(touch, "executed")}, "others.pt")
    load_weights(slight_config, read_checkpoint(Path("others.pt")))
    assert not Path("executed").exists()


def test_2_3_attributes_are_set_on_nothing_that_exists(state: State, tmp_path: Path) -> None:
    """A pickle's BUILD on a function that is built from would change it for later files."""
    raw = b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}X\x0c\x00\x00\x00__defaults__K\x01\x85sb."
    with pytest.raises(CheckpointError, match=r"raw\.pt"):
        (tmp_path / "raw.pt").write_bytes(raw)
        read_checkpoint(tmp_path / "raw.pt")
    torch.save(state, tmp_path / "good.pt")
    assert read_checkpoint(tmp_path / "good.pt").state.keys() == state.keys()


@pytest.mark.parametrize("where", ["top", "model"])
def test_2_3_a_whole_module_is_named(
    where: str, slight_config: LowFormerConfig, tmp_path: Path
) -> None:
    module = random_model(slight_config)
    torch.save(module if where == "top" else {"model": module}, tmp_path / "whole.pt")
    with pytest.raises(
        CheckpointError, match=r"whole\.pt: holds a whole module, \S+\.LowFormer, .*state_dict\(\)"
    ):
        read_checkpoint(tmp_path / "whole.pt")


def test_2_3_weights_that_are_no_tensors_are_named(state: State, tmp_path: Path) -> None:
    torch.save({"model": {k: v.numpy() for k, v in state.items()}}, tmp_path / "arrays.pt")
    with pytest.raises(CheckpointError, match=r"no state dict.*model \(\d+ of numpy\.ndarray\)"):
        read_checkpoint(tmp_path / "arrays.pt")


@pytest.mark.filterwarnings("ignore:.*quantized tensor creation functions:UserWarning")
def test_2_3_quantized_tensors_are_named(state: State, tmp_path: Path) -> None:
    kind = torch.quantize_per_tensor(torch.ones(2, 2), 0.1, 0, torch.qint8)
    torch.save({**state, "head.op_list.3.linear.weight": kind}, tmp_path / "int8.pt")
    with pytest.raises(
        CheckpointError, match=r"head\.op_list\.3\.linear\.weight is not .* a quantized tensor"
    ):
        read_checkpoint(tmp_path / "int8.pt")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_2_3_other_floats_are_taken_as_float32_and_said(
    dtype: torch.dtype, state: State, slight_config: LowFormerConfig, tmp_path: Path
) -> None:
    stored = {k: v.to(dtype) if v.is_floating_point() else v for k, v in state.items()}
    torch.save(stored, tmp_path / "other.pt")
    checkpoint = read_checkpoint(tmp_path / "other.pt")
    name = str(dtype).removeprefix("torch.")
    assert checkpoint.notes == (f"its weights are {name}; taken as float32",)
    first = load_weights(slight_config, checkpoint).state_dict()["head.op_list.3.linear.bias"]
    assert torch.equal(first, stored["head.op_list.3.linear.bias"].float())


def test_2_3_parameters_and_views_are_tensors(
    state: State, slight_config: LowFormerConfig, tmp_path: Path
) -> None:
    content = {
        name: torch.nn.Parameter(value.t().contiguous().t() if value.dim() == 2 else value)
        if value.is_floating_point()
        else value
        for name, value in state.items()
    }
    torch.save(content, tmp_path / "parameters.pt")
    loaded = load_weights(slight_config, read_checkpoint(tmp_path / "parameters.pt")).state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in state.items())


def test_2_3_bytes_of_any_kind_are_one_error(tmp_path: Path) -> None:
    path = tmp_path / "raw.pt"
    for opcodes in (b"\x80\x02r\xff\xff\xff\x7f.", b"\x80\x04\x95", b"(lp0\n.", pickle.dumps([1])):
        path.write_bytes(opcodes)
        with pytest.raises(CheckpointError, match=r"raw\.pt"):
            read_checkpoint(path)
