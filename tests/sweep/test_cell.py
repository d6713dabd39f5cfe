"""What a grid has in it."""

from __future__ import annotations

from typing import Any

import pytest

from lowformer_edge.errors import UsageError
from lowformer_edge.sweep.cell import cells_of, reference_of
from lowformer_edge.sweep.grid_file import grid_of


def names_of(**fields: Any) -> list[str]:
    cells, _ = cells_of(grid_of({"models": "b0", **fields}))
    return [cell.name for cell in cells]


def test_each_goes_with_each() -> None:
    assert names_of(models=["b0", "b1"], sizes=[64, [64, 96]], batches=[1, 4]) == [
        f"{model}-{size}-tflite-{precision}{batch}"
        for model in ("b0", "b1")
        for size in ("64", "64x96")
        for batch in ("", "-batch4")
        for precision in ("fp32", "int8")
    ]


def test_observers_are_tried_where_ranges_are_needed() -> None:
    assert names_of(observers=["minmax", "mse"], formats="onnx") == [
        "b0-onnx-fp32",
        "b0-onnx-int8",
        "b0-onnx-int8-mse",
    ]


def test_what_needs_no_ranges_is_the_same_for_any_observer() -> None:
    assert names_of(observers="mse") == ["b0-tflite-fp32", "b0-tflite-int8-mse"]


def test_bounds_are_searches_beside_int8_throughout() -> None:
    assert names_of(max_drops=[0.3], formats=["tflite", "onnx"]) == [
        "b0-tflite-fp32",
        "b0-tflite-int8",
        "b0-tflite-int8-drop0.3",
        "b0-onnx-fp32",
        "b0-onnx-int8",
    ]


def test_what_does_not_exist_is_left_out_and_told() -> None:
    cells, left_out = cells_of(grid_of({"models": "b0", "precisions": ["fp32", "w8a16"]}))
    assert [cell.name for cell in cells] == ["b0-tflite-fp32"]
    assert left_out == ["tflite has no w8a16"]
    with pytest.raises(UsageError, match="the grid has no cell: onnx has no palettized-4bit"):
        cells_of(grid_of({"models": "b0", "formats": "onnx", "precisions": "palettized-4bit"}))


def test_an_observer_that_there_is_not() -> None:
    with pytest.raises(UsageError, match="observer"):
        cells_of(grid_of({"models": "b0", "observers": ["nobody"]}))


def test_times_are_ratios_to_float32_of_the_same() -> None:
    cells, _ = cells_of(grid_of({"models": "b0", "formats": ["tflite", "onnx"], "sizes": [64, 96]}))
    by_name = {cell.name: cell for cell in cells}
    reference = reference_of(by_name["b0-96-onnx-int8"], cells)
    assert reference == by_name["b0-96-onnx-fp32"]
    alone, _ = cells_of(grid_of({"models": "b0", "precisions": "int8"}))
    assert reference_of(alone[0], alone) == alone[0]
