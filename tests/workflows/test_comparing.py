"""Comparing two files in a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from lowformer_edge.errors import CheckError, UsageError
from lowformer_edge.workflows.compare import compare_files
from lowformer_edge.workflows.comparing import compare_apart


def test_it_finds_the_same_as_here(demo_bundle: Path) -> None:
    first, second = sorted(demo_bundle.glob("*.tflite"))[:2]
    there = compare_apart(first, second, None, min_sqnr=90.0, threads=1)
    assert there == compare_files(first, second, min_sqnr=90.0)
    assert there.failures


def test_what_cannot_be_compared_is_said_as_here(demo_bundle: Path, tmp_path: Path) -> None:
    first = min(demo_bundle.glob("*.tflite"))
    missing = tmp_path / "none.npz"
    with pytest.raises(Exception, match=r"none\.npz") as there:
        compare_apart(first, first, missing, min_sqnr=None, threads=1)
    with pytest.raises(there.type, match=r"none\.npz"):
        compare_files(first, first, missing)
    with pytest.raises(UsageError, match="must be a number of dB, not inf"):
        compare_apart(first, first, None, min_sqnr=float("inf"), threads=1)


def test_a_file_that_kills_its_runtime_is_named(demo_bundle: Path, killing_file: Path) -> None:
    first = min(demo_bundle.glob("*.tflite"))
    with pytest.raises(CheckError, match=r"^\S*killing\.pte: the process .* ended by SIG"):
        compare_apart(first, killing_file, None, min_sqnr=None, threads=1)
