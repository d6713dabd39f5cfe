"""Grids as people write them, and the line of what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from lowformer_edge.errors import UsageError
from lowformer_edge.sweep.grid_file import grid_of, read_grid


def written(folder: Path, text: str) -> Path:
    path = folder / "grid.yaml"
    path.write_text(text)
    return path


def test_one_value_stands_for_a_list_of_one(tmp_path: Path) -> None:
    grid = read_grid(written(tmp_path, "models: b0\nsizes: 96\nformats: onnx\nthreads: 2\n"))
    assert [model.name for model in grid.models] == ["b0"]
    assert (grid.sizes, grid.formats, grid.threads) == ((96,), ("onnx",), (2,))


def test_sizes_are_sides_or_height_and_width(tmp_path: Path) -> None:
    grid = read_grid(written(tmp_path, "models: b0\nsizes: [64, [64, 96], 192x256]\n"))
    assert grid.sizes == (64, (64, 96), (192, 256))


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    text = (
        "models:\n- weights: w.safetensors\n  config: c.json\n- weights: hf:timm/b1.in1k\n"
        "calibration: {data: train}\nevaluation: {data: 's3://b/val.tar', labels: val.csv}\n"
    )
    grid = read_grid(written(tmp_path, text))
    assert grid.models[0].weights == tmp_path / "w.safetensors"
    assert grid.models[0].config == tmp_path / "c.json"
    assert grid.models[1].weights == Path("hf:timm/b1.in1k")
    assert grid.calibration.data == str(tmp_path / "train")
    assert grid.evaluation.data == "s3://b/val.tar"
    assert grid.evaluation.labels == tmp_path / "val.csv"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("models: b0\nformts: [onnx]\n", 2, "unknown key formts; there are models, sizes"),
        ("models:\n- name: b0\n- nme: b1\n", 3, "unknown key nme; there are name, weights"),
        ("models: b0\nevaluation:\n  data: x\n  cout: 5\n", 4, "unknown key cout; there are data"),
        ("models: b0\nformats:\n- onnx\n- onx\n", 4, "'onx' is unknown; there are tflite"),
        ("models: b0\nprecisions: [int7]\n", 2, "'int7' is unknown; there are fp32"),
        ("models: b0\nbatches: [1, 0]\n", 2, "batches: Input should be greater than or equal to 1"),
        ("models: b0\nsizes: [wide]\n", 2, "size 'wide' is neither a side in pixels"),
        ("models: b0\nplaces: [moon]\n", 2, "no target is called 'moon'"),
        ("models: b0\ntiming: {runs: many}\n", 2, "timing.runs: Input should be a valid integer"),
        ("models: [b0, b0]\n", 1, "models: b0 is there twice; give one of them a `title`"),
        ("models: []\n", 1, "models: Tuple should have at least 1 item"),
        ("sizes: [64]\n", 1, "models: Field required"),
        ("", 1, "the grid: Input should be a valid dictionary"),
        ("- b0\n", 1, "the grid: Input should be a valid dictionary"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UsageError) as raised:
        read_grid(path)
    assert str(raised.value).startswith(f"{path}, line {line}: {words}")


@pytest.mark.parametrize("text", ["models: [b0\n", "a: &a [*a]\n", "{\x00"])
def test_what_is_no_yaml(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UsageError, match="is neither YAML nor JSON"):
        read_grid(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.yaml: cannot be read \(No such file"):
        read_grid(tmp_path / "none.yaml")


def test_a_grid_of_options_has_no_lines() -> None:
    with pytest.raises(UsageError, match="grid: 'int7' is unknown"):
        grid_of({"models": "b0", "precisions": ["int7"]})
