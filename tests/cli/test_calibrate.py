"""The calibrate command, and exports that use its ranges."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from lowformer_edge.artifact.manifest import read_manifest
from lowformer_edge.calibration.ranges import Ranges
from lowformer_edge.cli.calibrate import main
from lowformer_edge.cli.export import main as export

FAST = ("--calibration-images", "4", "--evaluation-images", "8")
EXPORT = ("--to", "tflite", *FAST, "--runs", "1")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_ranges_are_taken_once_and_used_by_exports(
    here: Path, slight_model: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([*FAST, *slight_model, "--observer", "mse"]) == 0
    assert "mse over 4 images: ranges.json" in capfd.readouterr().out
    ranges = Ranges.read(Path("ranges.json"))
    assert export([*EXPORT, *slight_model, "--int8", "--ranges", "ranges.json"]) == 0
    _, err = capfd.readouterr()
    assert "calibrating" not in err
    manifest = read_manifest(Path("slight-tflite"))
    assert manifest.calibration is not None
    assert manifest.calibration.sha256 == ranges.digest
    assert manifest.calibration.observer == "mse"
    assert Ranges.read(Path("slight-tflite/ranges.json")) == ranges


@pytest.mark.heavy
def test_one_ranges_file_serves_two_targets(
    here: Path, slight_model: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = [*EXPORT, *slight_model, "--int8"]
    assert export([*arguments, "--output", "first"]) == 0
    ranges = ["--ranges", "first/ranges.json", "--output", "second"]
    assert export([*arguments, "--to", "onnx", *ranges]) == 0
    _, err = capfd.readouterr()
    assert err.count("calibrating") == 1
    first, second = (read_manifest(Path(name)) for name in ("first", "second"))
    assert first.calibration is not None
    assert second.calibration is not None
    assert first.calibration.sha256 == second.calibration.sha256
    assert [item.format for item in second.artifacts] == ["onnx"]


@pytest.mark.heavy
def test_a_replaced_bundles_ranges_are_reused_if_nothing_changed(
    here: Path, slight_model: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = [*EXPORT, *slight_model, "--int8"]
    assert export(arguments) == 0
    assert "calibrating" in capfd.readouterr().err
    assert export([*arguments, "--force"]) == 0
    _, err = capfd.readouterr()
    assert "reusing the older bundle's ranges" in err
    assert "calibrating" not in err
    assert export([*arguments, "--force", "--seed", "1"]) == 0
    assert "calibrating" in capfd.readouterr().err


def test_ranges_of_another_model_are_refused(
    here: Path, slight_model: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([*FAST, *slight_model, "--quiet"]) == 0
    assert export([*EXPORT, "--int8", "--ranges", "ranges.json", "--quiet"]) == 2
    _, err = capfd.readouterr()
    assert "taken from another model" in err
    assert len(err.splitlines()) == 1
    assert not (here / "demo-tflite").exists()


@pytest.mark.heavy
def test_sensitivity_as_table_json_and_plot(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*FAST, "--sensitivity", "--plot", "ops.png"]) == 0
    out, _ = capfd.readouterr()
    assert "all together:" in out
    assert "head.op_list.3.linear" in out
    with Image.open("ops.png") as plot:
        assert min(plot.size) > 300
    assert main([*FAST, "--sensitivity", "--json", "--force", "--plot", "ops.svg"]) == 0
    result = json.loads(capfd.readouterr().out)
    assert len(result["sensitivity"]["ops"]) == 37
    assert result["sensitivity"]["images"] == 8
    assert "<svg" in Path("ops.svg").read_text()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--plot", "x.png"], "add --sensitivity"),
        (["--sensitivity", "--plot", "x.pdf"], ".png or .svg"),
        (["--observer", "kl"], "'kl' is unknown"),
        (["--calibration-images", "0"], "at least 1"),
        (["--recipe", "absent.json"], "absent.json"),
        (["--output", "taken"], "give --force"),
        (["--output", "no/folder/ranges.json"], "cannot be written"),
        (["--model", "b0"], "needs its checkpoint"),
        (["--calibration-data", "absent"], "no such images"),
    ],
)
def test_bad_requests(
    arguments: list[str], reason: str, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (here / "taken").write_text("mine")
    assert main([*FAST, *arguments, "--quiet"]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert reason in err
    assert len(err.splitlines()) == 1
    assert [path.name for path in here.iterdir()] == ["taken"]
    assert (here / "taken").read_text() == "mine"
