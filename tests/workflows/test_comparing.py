"""Comparing two files in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lowformer_edge.errors import CheckError, UsageError
from lowformer_edge.runtime.work import request
from lowformer_edge.workflows import comparing
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


def test_a_death_of_the_process_is_one_line(
    demo_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = min(demo_bundle.glob("*.tflite"))
    dying = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    monkeypatch.setattr(comparing, "COMMAND", (sys.executable, "-c", dying))
    with pytest.raises(CheckError, match=r"^the process that ran the files was ended by SIGSEGV"):
        compare_apart(first, first, None, min_sqnr=None, threads=1)


@pytest.mark.heavy
def test_a_file_whose_run_has_no_end_is_one_line(
    all_formats_bundle: Path, endless_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request, "LONGEST_SILENCE_S", 6)
    monkeypatch.setattr(request, "LONGEST_INFERENCE_S", 0)
    whole = all_formats_bundle / "demo-fp32.onnx"
    with pytest.raises(CheckError, match=r"^\S*endless\.onnx: the process .* no progress for 6 s"):
        compare_apart(whole, endless_file, None, min_sqnr=None, threads=1)


def test_its_time_is_for_all_golden_inputs(all_formats_bundle: Path) -> None:
    files = (all_formats_bundle / "demo-fp32.onnx", all_formats_bundle / "demo-int8.onnx")
    asked = {"files": files, "threads": 1, "min_sqnr": None}
    golden = all_formats_bundle / "golden.npz"
    assert comparing.CompareRequest(golden=None, **asked).inferences == 2
    assert comparing.CompareRequest(golden=golden, **asked).inferences == 16
