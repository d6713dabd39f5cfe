"""What a command's options say of weights and preprocessing reaches the bundle, and is shown."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
import torch

from lowformer_edge.artifact.manifest import read_manifest
from lowformer_edge.cli.export import main
from lowformer_edge.cli.options import add_data_options, evaluation_choice
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.workflows.defaults import EVALUATION_IMAGES

QUICK = ("--to", "onnx", "--fp32", "--evaluation-images", "2", "--runs", "1")
COLOURS = ("--mean", "0.5,0.5,0.5", "--std", "0.25,0.25,0.25")


@pytest.fixture
def given(
    slight_config: LowFormerConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """Options of a checkpoint with two sets of weights, in the current folder."""
    monkeypatch.chdir(tmp_path)
    state = random_model(slight_config).state_dict()
    torch.save({"state_dict": state, "ema": {0.9998: state}}, "last.pt")
    Path("slight.json").write_text(json.dumps(slight_config.to_dict()))
    return [*QUICK, "--config", "slight.json", "--weights", "last.pt"]


def test_1_3_and_1_4_what_was_used_is_shown_and_kept(
    given: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    Path("eval.yaml").write_text("crop_ratio: 0.8\ninterpolation: bilinear\n")
    options = ["--preprocessing", "eval.yaml", "--crop-ratio", "0.875", *COLOURS]
    assert main([*given, *options, "--output", "out"]) == 0
    out, err = capfd.readouterr()
    assert "resize the short side to 74 (bilinear), crop the central 64 x 64" in out
    assert "mean 0.5 0.5 0.5, std 0.25 0.25 0.25" in out
    assert "crop_ratio, mean, std from given; interpolation from preprocessing file" in out
    assert "weights: ema.0.9998, of several sets in last.pt" in out
    assert "took ema.0.9998 (averaged over training) of state_dict, ema.0.9998" in err
    assert "took crop_ratio 0.875 (given), not 0.8 (preprocessing file)" in err
    manifest = read_manifest(Path("out"))
    assert manifest.source.taken == "ema.0.9998"
    assert manifest.preprocessing["crop_ratio"] == 0.875
    assert manifest.preprocessing_sources["std"] == "given"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--checkpoint-key", "model"], "--checkpoint-key 'model' is no set of weights"),
        (["--crop-ratio", "1.5"], "crop_ratio must be in"),
        (["--crop-ratio", "most"], "--crop-ratio"),
        (["--interpolation", "cubic"], "'cubic' is unknown; choose one of nearest, bilinear"),
        (["--mean", "0.5"], "three numbers"),
        (["--mean", "0.5, 0.5, 0.5,", "--std", "0,1,1"], "std must be positive"),
        (["--mean", "a,b,c"], "--mean takes red, green and blue"),
        (["--mean", "123,116,103"], "divide by 255"),
        (["--std", "0,1,1"], "std must be positive"),
        (["--std", "nan,1,1"], "three numbers"),
        (["--preprocessing", "absent.json"], "absent.json: there is no such file"),
        (["--preprocessing", "slight.json"], "slight.json: preprocessing has no"),
    ],
)
def test_1_3_and_1_4_wrong_options_are_one_line(
    options: list[str], reason: str, given: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([*given, *options, "--quiet"]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert reason in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "count", "is_usual", "is_reduced"),
    [
        ([], EVALUATION_IMAGES, True, None),
        (["--evaluation-images", "7", "--reduce-zero-label"], 7, False, True),
        (["--no-reduce-zero-label"], EVALUATION_IMAGES, True, False),
    ],
)
def test_a_count_that_nobody_asked_for_is_told_from_one_that_somebody_did(
    options: list[str], count: int, is_usual: bool, is_reduced: bool | None
) -> None:
    parser = argparse.ArgumentParser()
    add_data_options(parser)
    choice = evaluation_choice(parser.parse_args(options))
    assert (choice.count, choice.is_usual) == (count, is_usual)
    assert choice.reduce_zero_label is is_reduced


def test_a_classifier_has_no_label_maps(
    given: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([*given, "--no-reduce-zero-label", "--quiet"]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.splitlines()[-1] == (
        "error: --reduce-zero-label is for files of label maps; leave it out"
    )
