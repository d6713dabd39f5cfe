"""Checking files as they are exported, in a process of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from lowformer_edge.artifact.bundle import open_bundle
from lowformer_edge.artifact.outputs import part_of
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.progress import QUIET
from lowformer_edge.targets.host import HostTarget
from lowformer_edge.tasks.registry import task_of
from lowformer_edge.workflows.artifact_check import check_artifacts
from lowformer_edge.workflows.parity_check import Candidate, ParityCheck


@pytest.mark.heavy
def test_a_file_whose_run_has_no_end_is_broken_and_the_others_are_checked(
    all_formats_bundle: Path, endless_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HostTarget, "patience", 6.0)
    opened = open_bundle(all_formats_bundle)
    golden = opened.golden()
    images = Samples("golden vectors", golden.pixels)
    whole = all_formats_bundle / "demo-fp32.onnx"
    files = {"endless": Candidate(endless_file), "whole": Candidate(whole)}
    task = task_of(opened.manifest.task)
    check = ParityCheck(
        task, files, images, lambda part: part_of(golden.outputs, part), opened.preprocessing
    )
    checked, broken = check_artifacts(check, rounds=2, progress=QUIET)
    assert list(checked) == ["whole"]
    assert broken["endless"].startswith("endless.onnx: the process that ran it made no progress")


@pytest.mark.heavy
def test_a_file_that_kills_its_runtime_is_broken_and_the_others_are_checked(
    all_formats_bundle: Path, killing_file: Path
) -> None:
    """Its copy's latency would be compared with it, and is not."""
    opened = open_bundle(all_formats_bundle)
    golden = opened.golden()
    (whole,) = all_formats_bundle.glob("*fp32.pte")
    images = Samples("golden vectors", golden.pixels)
    files = {"killing": Candidate(killing_file), "whole": Candidate(whole, killing_file)}
    task = task_of(opened.manifest.task)
    check = ParityCheck(
        task, files, images, lambda part: part_of(golden.outputs, part), opened.preprocessing
    )
    checked, broken = check_artifacts(check, rounds=2, progress=QUIET)
    assert list(broken) == ["killing"]
    assert broken["killing"].startswith("killing.pte: the process that ran it was ended by SIG")
    (found,) = checked.values()
    assert found.parity is not None
    assert found.latency is not None
    assert found.latency.ratio_to_fp32 is None
