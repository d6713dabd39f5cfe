"""Commands for detectors and segmenters."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import lowformer_edge as lfe
from lowformer_edge.cli.calibrate import main as calibrate
from lowformer_edge.cli.export import main as export
from lowformer_edge.cli.inspect import main as inspect
from lowformer_edge.cli.verify import main as verify
from lowformer_edge.tasks.detection import DETECTION
from lowformer_edge.tasks.segmentation import SEGMENTATION

BIG = {"neck_channels": 256, "channels": 256}


@pytest.fixture(params=["detection", "segmentation"])
def config(
    request: pytest.FixtureRequest, slight_config: lfe.LowFormerConfig
) -> lfe.LowFormerConfig:
    return slight_config.for_task(request.param, channels=8).replace(input_size=64)


@pytest.mark.heavy
def test_commands_take_them(
    config: lfe.LowFormerConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("model.json").write_text(json.dumps(config.to_dict()))
    model = ["--config", "model.json", "--random-weights"]
    few = ["--evaluation-images", "4", "--calibration-images", "4", "--runs", "2"]
    asked = ["--to", "tflite", "--fp32", "--int8", *model, *few, "--output", "out"]
    assert export(asked) == 0
    table = capfd.readouterr().out
    assert f"{DETECTION.measure if config.task == 'detection' else SEGMENTATION.measure}  " in table
    assert "top-1" not in table
    assert verify(["out"]) == 0
    assert "on 4 golden vectors" in capfd.readouterr().out
    assert inspect(["out/slight-int8.tflite"]) == 0
    assert f"task: {config.task}\n" in capfd.readouterr().out
    assert calibrate([*model, *few[:4], "--sensitivity", "--json"]) == 0
    ops = json.loads(capfd.readouterr().out)["sensitivity"]["ops"]
    assert any(".levels.p" in op["name"] for op in ops) == (config.task == "detection")


@pytest.mark.parametrize(
    ("options", "head", "num_classes"),
    [
        (["detect"], {"task": "detection", **BIG, "convs": 4, "levels": 5}, 80),
        (["detection"], {"task": "detection", **BIG, "convs": 4, "levels": 5}, 80),
        (
            ["detect", "--head-channels", "64", "--head-convs", "2"],
            {"task": "detection", "neck_channels": 64, "channels": 64, "convs": 2, "levels": 5},
            80,
        ),
        (["segment"], {"task": "segmentation", "neck_channels": 256, "channels": 128}, 150),
        (
            ["segment", "--head-channels", "64", "--classes", "21"],
            {"task": "segmentation", "neck_channels": 64, "channels": 64},
            21,
        ),
    ],
)
def test_options_give_a_variant_a_head(
    options: list[str],
    head: dict[str, object],
    num_classes: int,
    capfd: pytest.CaptureFixture[str],
) -> None:
    asked = ["--model", "demo", "--random-weights", "--print-config", "--task", *options]
    assert export(asked) == 0
    fields = json.loads(capfd.readouterr().out)
    assert fields["dense_head"] == head
    assert fields["num_classes"] == num_classes


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--task", "pose"], "--task 'pose' is unknown; choose one of classify, detect, segment"),
        (["--head-channels", "64"], "--head-channels and --head-convs size the head for a --task"),
        (["--task", "segment", "--head-convs", "2"], "convolutions of segmentation follow"),
        (["--task", "classify", "--head-channels", "2"], "'classification' has no dense head"),
        (["--task", "detect", "--head-channels", "0"], "channels must be a whole number from 1"),
    ],
)
def test_options_that_give_none(
    options: list[str], told: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert export(["--random-weights", "--print-config", *options]) == 2
    assert told in capfd.readouterr().err


def test_a_printed_config_has_the_head(
    config: lfe.LowFormerConfig, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model.json"
    path.write_text(json.dumps(config.to_dict()))
    assert export(["--config", str(path), "--random-weights", "--print-config"]) == 0
    assert json.loads(capfd.readouterr().out) == config.to_dict()
