"""``lowformer-sweep`` on the command line; what it does is in tests/sweep."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lowformer_edge.cli.sweep import main

GRID = ("--models", "b0,b1", "--random-weights", "--input-sizes", "64,64x96")


def run(*arguments: str | Path) -> int:
    return main([str(one) for one in arguments])


def test_a_grid_of_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "sweep"
    more = ("--to", "tflite,onnx", "--precisions", "fp32", "--places", "host,arm:cortex-a76")
    assert run(*GRID, *more, "--output", output, "--dry-run", "--json", "--quiet") == 0
    preview = json.loads(capsys.readouterr().out)
    assert preview["cells"] == [
        f"{model}-{size}-{name}-fp32"
        for model in ("b0", "b1")
        for size in ("64", "64x96")
        for name in ("tflite", "onnx")
    ]
    assert preview["to_do"]["measurements"] == 16
    assert not output.exists()


def test_a_dry_run_is_told_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = ("--precisions", "fp32,w8a16", "--output", tmp_path / "sweep", "--dry-run")
    assert run(*GRID, *more) == 0
    out = capsys.readouterr().out
    assert "b1-64x96-tflite-fp32\n" in out
    assert "left out: tflite has no w8a16" in out
    assert "4 cells; to do: 4 exports, 16 parts of the images, 4 measurements" in out
    assert "roughly" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--output", "x"), "give a grid's file, or --models"),
        (("none.yaml", "--output", "x"), "none.yaml: cannot be read (No such file"),
        (("grid.yaml", "--to", "onnx", "--output", "x"), "--to belongs to a grid of options"),
        ((*GRID, "--to", "onx", "--output", "x"), "'onx' is unknown; there are tflite"),
        ((*GRID, "--batches", "two", "--output", "x"), "'two' is no whole number"),
        ((*GRID, "--on", "host", "--output", "x"), "--on says where a budget holds"),
        ((*GRID, "--observers", "nobody", "--output", "x"), "observer"),
        (("--models", "w.safetensors", "--output", "x"), "w.safetensors"),
        ((*GRID, "--evaluation-data", "none", "--output", "x"), "none: there are no such images"),
        ((*GRID, "--output", "file"), "file: is no sweep's folder"),
        ((*GRID, "--cluster", "tcp://127.0.0.1:9", "--jobs", "1", "--output", "x"), "leave one"),
    ],
)
def test_bad_use_is_a_line_before_anything_is_done(
    arguments: tuple[str, ...],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "grid.yaml").write_text("models: b0\n")
    (tmp_path / "file").write_text("mine")
    assert run(*arguments) == 2
    err = capsys.readouterr().err
    (line,) = [line for line in err.splitlines() if line.startswith("error: ")]
    assert words in line
    assert not any((tmp_path / "x").glob("*/*"))
