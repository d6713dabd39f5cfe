"""The training scripts, for two steps: what they write is a model that can be loaded."""

from __future__ import annotations

import gzip
import struct
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from safetensors.torch import load_file

import detector
import segmenter
from lowformer_edge import load_model
from lowformer_edge.demo.scenes import bundled_garments


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few of the bundled images, as the data set's package stores them."""
    folder = tmp_path_factory.mktemp("data")
    images, labels = bundled_garments()
    for name, array in (("images-idx3", images[:50]), ("labels-idx1", labels[:50])):
        header = struct.pack(">BBBB", 0, 0, 8, array.ndim) + np.array(array.shape, ">u4").tobytes()
        content = gzip.compress(header + array.tobytes(), 1)
        (folder / f"train-{name}-ubyte.gz").write_bytes(content)
    return folder


def run(script: ModuleType, data: Path, output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ["--data", data, "--output", output, "--batch", 2, "--workers", 0, "--unseen", 1]
    steps = ["--steps", 2]
    monkeypatch.setattr(sys, "argv", [script.__name__, *map(str, arguments + steps)])
    script.main()


@pytest.mark.parametrize(
    ("script", "classes"), [(detector, 10), (segmenter, 11)], ids=["detector", "segmenter"]
)
def test_a_script_writes_a_small_model_that_states_itself(
    script: ModuleType, classes: int, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "model.safetensors"
    run(script, data, output, monkeypatch)
    model = load_model(weights=output)
    assert output.stat().st_size < 4_000_000
    assert model.config.name == f"demo-{script.__name__}"
    assert model.preprocessing.size == 160
    assert model.labels is not None
    assert len(model.labels) == classes
    assert [path.name for path in tmp_path.iterdir()] == [output.name]


def test_the_same_seed_gives_the_same_weights(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = [tmp_path / name for name in ("first.safetensors", "second.safetensors")]
    for output in outputs:
        run(segmenter, data, output, monkeypatch)
    first, second = (load_file(output) for output in outputs)
    assert all(bool((first[name] == second[name]).all()) for name in first)


def test_a_missing_folder_is_told_before_training(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "none" / "model.safetensors"
    with pytest.raises(SystemExit, match=r"none/model\.safetensors: there is no such folder"):
        run(detector, data, output, monkeypatch)
