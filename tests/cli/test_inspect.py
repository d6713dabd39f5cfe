from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lowformer_edge.cli.inspect import main
from lowformer_edge.demo import CHECKPOINT
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.random_weights import random_model

from ..foreign import write_means


def test_a_file(demo_bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(demo_bundle / "demo-int8.tflite")]) == 0
    out, _ = capsys.readouterr()
    assert "input: image float32 [1, 96, 96, 3] NHWC" in out
    assert "output: logits float32 [1, 10] NK" in out
    assert "task: classification" in out
    assert "in 1 XNNPACK partition(s)" in out
    assert "CONV_2D" in out
    assert "not delegated: 0" in out


def test_a_file_as_json(demo_bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = demo_bundle / "demo-fp32.tflite"
    assert main([str(path), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["bytes"] == path.stat().st_size
    assert result["partitions"] == 1
    assert result["refused"] == []
    assert result["metadata"]["model"]["name"] == "demo"
    assert result["inputs"][0]["shape"] == [1, 96, 96, 3]


@pytest.mark.parametrize("name", ["tflite", "onnx", "pte", "mlpackage"])
def test_a_file_of_others(
    name: str, foreign_files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = foreign_files / f"faces.{name}"
    assert main([str(path)]) == 0
    out, _ = capsys.readouterr()
    for shape in ("float32 [1, 896, 16]\n", "float32 [1, 896, 1]\n"):
        assert shape in out
    assert ("note: give it contiguous tensors" in out) == (name == "pte")
    assert "no image classifier: 2 outputs: " in out
    assert main([str(path), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["task"] is None
    assert result["why_no_task"].startswith("no image classifier: 2 outputs: ")
    assert [tensor["layout"] for tensor in result["outputs"]] == ["", ""]


def test_an_onnx_file_shows_its_own_ops_and_versions(
    foreign_files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = foreign_files / "open-tokens.onnx"
    assert main([str(path)]) == 0
    out, _ = capsys.readouterr()
    assert "versions: IR 10, opset ai.onnx 20; documented for ONNX Runtime 1.18 and later;" in out
    assert "ops in the file: 2\n     1 Gather\n     1 Mul\n" in out
    assert re.search(r"as ONNX Runtime \d+\.\d+\.\d+ runs them: 2, in 1 CPUExecutionProvider", out)
    assert main([str(path), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["onnx"]["oldest_runtime"] == "1.18"
    assert result["ops"] == result["runtime_ops"] == {"Gather": 1, "Mul": 1}


def test_no_layout_is_claimed_of_a_strangers_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "embedding.onnx"
    write_means(path)
    assert main([str(path)]) == 0
    out, _ = capsys.readouterr()
    assert "input: image float32 [1, 3, 8, 6] NCHW\n" in out
    assert "output: means float32 [1, 3]\n" in out
    assert "task: classification, as its inputs and outputs suggest\n" in out


def test_sizes_that_are_left_open(foreign_files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = foreign_files / "open-tokens.onnx"
    assert main([str(path)]) == 0
    out, _ = capsys.readouterr()
    assert "input: tokens int64 [1, ?]\n" in out
    assert "output: values float32 [1, ?, 3]\n" in out
    assert main([str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["inputs"][0]["shape"] == [1, None]


def test_a_package(
    coreml_bundles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(coreml_bundles / "tensor", tmp_path / "out")
    path = tmp_path / "out" / "demo-fp16.mlpackage"
    assert main([str(path)]) == 0
    out, _ = capsys.readouterr()
    assert "input: image float16 [1, 3, 96, 96] NCHW" in out
    assert "ops: 107\n" in out
    assert "which unit runs each op, only the device can tell" in out
    assert main([str(path), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["delegate"], result["ops"]["conv"]) == (None, 36)
    assert result["bytes"] == sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    (path / "Data" / "com.apple.CoreML" / "weights" / "weight.bin").write_bytes(b"")
    assert main([str(path)]) == 2
    assert main([str(tmp_path / "out")]) == 2


def test_a_bundle(demo_bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(demo_bundle)]) == 0
    out, _ = capsys.readouterr()
    assert "demo-int8.tflite" in out
    assert "all 9 files fit their hashes" in out
    assert main([str(demo_bundle), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "demo"


def test_2_3_a_checkpoint(
    slight_config: LowFormerConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = dict(random_model(slight_config).state_dict())
    wrapped = {f"module.{name}": value for name, value in state.items()}
    options = argparse.Namespace(arch="slight", crop_pct=0.875, data=Path("x"))
    content = {"state_dict": wrapped, "ema": {0.9998: state}, "epoch": 3, "args": options}
    path = tmp_path / "model_best.pth.tar"
    torch.save(content, path)
    assert main([str(path)]) == 0
    out, _ = capsys.readouterr()
    for expected in (
        "ema.0.9998: averaged over training",
        "state_dict: the names begin with module.",
        "taken if no other one is chosen: ema.0.9998",
        "no registered variant fits it",
        "preprocessing: crop_ratio 0.875",
        "states: epoch 3, arch slight, crop_pct 0.875",
    ):
        assert expected in out
    assert main([str(path), "--json"]) == 0
    assert [one["key"] for one in json.loads(capsys.readouterr().out)["sets"]] == [
        "state_dict",
        "ema.0.9998",
    ]


def test_2_3_our_own_checkpoint(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(CHECKPOINT)]) == 0
    out, _ = capsys.readouterr()
    assert "demo, 10 classes" in out
    assert "labels: T-shirt/top, Trouser" in out


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("page.pt", b"<!DOCTYPE html><html></html>", "an HTML page"),
        ("pointer.safetensors", b"version https://git-lfs.github.com/spec/v1\n", "LFS pointer"),
        ("config.json", b'{"lr": 1}', "JSON without a weight_map"),
        ("empty.pth", b"", "empty"),
    ],
)
def test_2_3_what_is_no_checkpoint(
    name: str, content: bytes, reason: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(content)
    assert main([str(tmp_path / name)]) == 2
    out, err = capfd.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert reason in err


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("absent", "no such file"),
        ("text.txt", "of no known kind"),
        ("cut.tflite", "damaged"),
        ("text.tflite", "not a TFLite model"),
        ("empty", "not a bundle"),
        ("changed", "differs from its hash"),
    ],
)
def test_what_cannot_be_inspected(
    name: str,
    reason: str,
    demo_bundle: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "text.txt").write_text("hello")
    (tmp_path / "text.tflite").write_text("hello, this is no model")
    whole = (demo_bundle / "demo-int8.tflite").read_bytes()
    (tmp_path / "cut.tflite").write_bytes(whole[:5000])
    (tmp_path / "empty").mkdir()
    shutil.copytree(demo_bundle, tmp_path / "changed")
    (tmp_path / "changed" / "demo-fp16.tflite").write_bytes(whole)
    assert main([str(tmp_path / name)]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert reason in err
    assert "Traceback" not in err


def test_a_file_is_read_in_a_process_of_its_own(tmp_path: Path) -> None:
    """One that ends its process would end the command's."""
    write_means(tmp_path / "means.onnx")
    code = (
        "import sys; from lowformer_edge.cli.inspect import main;"
        " assert main(sys.argv[1:]) == 0; assert 'onnxruntime' not in sys.modules"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "means.onnx")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def test_names_that_are_no_utf_8(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "means.onnx"
    write_means(path)
    path.write_bytes(path.read_bytes().replace(b"means", b"m\xffans"))
    assert main([str(path)]) == 2
    assert "can't decode byte 0xff" in capsys.readouterr().err
