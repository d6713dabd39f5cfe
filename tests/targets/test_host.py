"""Files run in a process of their own: one that ends it is named, and the others are judged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lowformer_edge.artifact.bundle import open_bundle
from lowformer_edge.progress import SilentProgress
from lowformer_edge.runtime.formats import format_of
from lowformer_edge.runtime.work.job import Ran
from lowformer_edge.targets.host import HostTarget
from lowformer_edge.targets.standing_worker import STANDING_WORKER
from lowformer_edge.targets.target import Work


def run(files: list[Path], bundle: Path) -> list[Ran]:
    opened = open_bundle(bundle)
    work = Work(files, opened.golden().pixels[:1], opened.preprocessing)
    return list(HostTarget().run(work, SilentProgress()).ran)


def test_3_6_a_file_that_kills_its_runtime_is_one_line(
    all_formats_bundle: Path, killing_file: Path
) -> None:
    (whole,) = all_formats_bundle.glob("*fp32.pte")
    killed, sound = run([killing_file, whole], all_formats_bundle)
    assert sound.outputs is not None
    assert killed.outputs is None
    failure = str(killed.answer.failure)
    assert "was ended by SIG" in failure
    assert "\n" not in failure


@pytest.mark.heavy
def test_a_file_whose_run_has_no_end_is_one_line(
    all_formats_bundle: Path, endless_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HostTarget, "patience", 6.0)
    whole = all_formats_bundle / "demo-fp32.onnx"
    hung, sound = run([endless_file, whole], all_formats_bundle)
    assert sound.outputs is not None
    assert hung.outputs is None
    assert hung.answer.failure == (
        "the process that ran it made no progress for 6 s and was ended; export it again"
    )


def test_a_worker_that_ended_for_want_of_jobs_is_started_again(demo_bundle: Path) -> None:
    (path, *_) = open_bundle(demo_bundle).files
    for _ in range(2):
        (ran,) = run([path], demo_bundle)
        assert ran.outputs is not None
        process = STANDING_WORKER._process
        assert process is not None
        assert process.stdin is not None
        process.stdin.close()
        process.wait()


def test_one_worker_does_all_jobs(demo_bundle: Path) -> None:
    (path, *_) = open_bundle(demo_bundle).files
    run([path], demo_bundle)
    first = STANDING_WORKER._process
    run([path], demo_bundle)
    assert STANDING_WORKER._process is first


def test_changed_variables_reach_the_worker(
    demo_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path, *_) = open_bundle(demo_bundle).files
    run([path], demo_bundle)
    first = STANDING_WORKER._process
    monkeypatch.setenv("LOWFORMER_EDGE_SOMETHING", "1")
    run([path], demo_bundle)
    assert STANDING_WORKER._process is not first


def test_files_give_the_same_as_in_this_process(demo_bundle: Path) -> None:
    opened = open_bundle(demo_bundle)
    pixels = opened.golden().pixels[:1]
    for path, ran in zip(opened.files, run(list(opened.files), demo_bundle), strict=True):
        with format_of(path).runner(path, 1) as runner:
            here = runner.run_pixels(pixels, opened.preprocessing, lambda count: None)
        assert ran.outputs is not None
        for name, values in here.items():
            np.testing.assert_array_equal(ran.outputs[name], values)
