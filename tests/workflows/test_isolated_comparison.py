"""Comparing two files in a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from lowformer_edge.errors import CheckError, UsageError
from lowformer_edge.workflows.compare import compare_files
from lowformer_edge.workflows.isolated_comparison import ComparisonRequest, compare_isolated


def test_it_finds_the_same_as_here(demo_bundle: Path) -> None:
    first, second = sorted(demo_bundle.glob("*.tflite"))[:2]
    there = compare_isolated(ComparisonRequest(files=(first, second), min_sqnr=90.0))
    assert there == compare_files(first, second, min_sqnr=90.0)
    assert there.failures


def test_what_cannot_be_compared_is_said_as_here(demo_bundle: Path, tmp_path: Path) -> None:
    first = min(demo_bundle.glob("*.tflite"))
    request = ComparisonRequest(files=(first, first), golden=tmp_path / "none.npz")
    with pytest.raises(Exception, match=r"none\.npz") as there:
        compare_isolated(request)
    with pytest.raises(there.type, match=r"none\.npz"):
        compare_files(first, first, tmp_path / "none.npz")
    with pytest.raises(UsageError, match="must be a number of dB, not inf"):
        compare_isolated(ComparisonRequest(files=(first, first), min_sqnr=float("inf")))


def test_a_file_that_kills_its_runtime_is_named(demo_bundle: Path, killing_file: Path) -> None:
    first = min(demo_bundle.glob("*.tflite"))
    with pytest.raises(CheckError, match=r"^\S*killing\.pte: the process .* ended by SIG"):
        compare_isolated(ComparisonRequest(files=(first, killing_file)))
