"""Files run in a process of their own: one that ends it is named, and the others are judged."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from lowformer_edge.artifact.bundle import open_bundle
from lowformer_edge.progress import SilentProgress
from lowformer_edge.runtime.formats import format_of
from lowformer_edge.runtime.work.job import Ran
from lowformer_edge.targets.host import HostTarget
from lowformer_edge.targets.target import Work

BATCH, BATCHES = 60, 8


def run(files: list[Path], bundle: Path) -> list[Ran]:
    opened = open_bundle(bundle)
    work = Work(files, opened.golden().pixels[:1], opened.preprocessing)
    return list(HostTarget().run(work, SilentProgress()).ran)


def damaged(path: Path, folder: Path, seed: int) -> list[Path]:
    """Copies of a program, each with one other bit in what describes its graph."""
    content, rng = path.read_bytes(), random.Random(seed)
    files = []
    for number in range(BATCH):
        copy = bytearray(content)
        copy[rng.randrange(5_000, 48_000)] ^= 1 << rng.randrange(8)
        files.append(folder / f"{seed}-{number}{path.suffix}")
        files[-1].write_bytes(copy)
    return files


def test_3_6_a_file_that_kills_its_runtime_is_one_line(
    all_formats_bundle: Path, tmp_path: Path
) -> None:
    """ExecuTorch does not check a program as it loads it."""
    (whole,) = all_formats_bundle.glob("*fp32.pte")
    for seed in range(BATCHES):
        files = [*damaged(whole, tmp_path, seed), whole]
        ran = run(files, all_formats_bundle)
        assert len(ran) == len(files)
        assert ran[-1].outputs is not None
        failures = [str(one.answer.failure) for one in ran]
        killed = [failure for failure in failures if "was ended by SIG" in failure]
        assert all("\n" not in failure for failure in failures)
        if killed:
            return
    pytest.fail("no file killed the runtime; does ExecuTorch check its programs by now?")


def test_files_give_the_same_as_in_this_process(demo_bundle: Path) -> None:
    opened = open_bundle(demo_bundle)
    pixels = opened.golden().pixels[:1]
    for path, ran in zip(opened.files, run(list(opened.files), demo_bundle), strict=True):
        with format_of(path).runner(path, 1) as runner:
            here = runner.run_pixels(pixels, opened.preprocessing, lambda count: None)
        assert ran.outputs is not None
        for name, values in here.items():
            np.testing.assert_array_equal(ran.outputs[name], values)
