"""Models for tasks that cannot be exported are told so before anything is done."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

import lowformer_edge as lfe
from lowformer_edge.cli.calibrate import main as calibrate
from lowformer_edge.cli.export import main as export
from lowformer_edge.errors import UsageError

BIG = {"neck_channels": 256, "channels": 256}


@pytest.fixture(params=["detection", "segmentation"])
def config(
    request: pytest.FixtureRequest, slight_config: lfe.LowFormerConfig
) -> lfe.LowFormerConfig:
    return slight_config.for_task(request.param, channels=8).replace(input_size=64)


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        (export, ("--to", "all", "--int8")),
        (export, ("--to", "tflite", "--int8", "--print-recipe")),
        (calibrate, ("--sensitivity",)),
    ],
)
def test_commands_refuse_them_in_one_line(
    command: Callable[[Sequence[str]], int],
    arguments: tuple[str, ...],
    config: lfe.LowFormerConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("model.json").write_text(json.dumps(config.to_dict()))
    assert command([*arguments, "--config", "model.json", "--random-weights"]) == 2
    last = capfd.readouterr().err.strip().splitlines()[-1]
    assert last == (
        f"error: model slight is for {config.task}, and what can be exported is for"
        " classification; use its `network` in PyTorch"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["model.json"]


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


def test_functions_refuse_them(config: lfe.LowFormerConfig, tmp_path: Path) -> None:
    model = lfe.load_model(config=config, random_weights=True)
    with pytest.raises(UsageError, match=f"model slight is for {config.task}, and what can"):
        lfe.export_model(model, tmp_path / "bundle", "tflite/fp32")


def test_a_printed_config_has_the_head(
    config: lfe.LowFormerConfig, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model.json"
    path.write_text(json.dumps(config.to_dict()))
    assert export(["--config", str(path), "--random-weights", "--print-config"]) == 0
    assert json.loads(capfd.readouterr().out) == config.to_dict()
