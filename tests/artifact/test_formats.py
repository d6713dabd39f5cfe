"""The formats' facts fit each other."""

from __future__ import annotations

import pytest

from lowformer_edge.artifact.formats import BY_SUFFIX, FORMATS, IN_ALL, Format
from lowformer_edge.export.spec import PRECISIONS

ROWS = pytest.mark.parametrize("row", FORMATS.values(), ids=list(FORMATS))


@ROWS
def test_precisions_are_known_and_the_default_is_one_of_them(row: Format) -> None:
    assert set(row.precisions) <= set(PRECISIONS)
    assert row.default_precision in row.precisions


@ROWS
def test_what_makes_and_runs_its_files_is_stated(row: Format) -> None:
    assert row.converters
    assert row.distributions or "ssh" in row.refusals


def test_each_format_has_an_end_of_its_own() -> None:
    assert len(BY_SUFFIX) == len(FORMATS)
    assert all(suffix.startswith(".") for suffix in BY_SUFFIX)


def test_all_means_what_runs_without_another_licence() -> None:
    assert IN_ALL == ("tflite", "executorch", "onnx", "coreml")
