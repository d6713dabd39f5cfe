"""Images that several workers share."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from lowformer_edge.artifact.bundle import open_bundle
from lowformer_edge.progress import QUIET, Advance, SilentProgress
from lowformer_edge.targets.host import HostTarget
from lowformer_edge.targets.side_by_side import parts_of
from lowformer_edge.targets.standing_worker import standing_workers
from lowformer_edge.targets.target import Work

COUNT = 40


def work_on(bundle: Path, *files: Path) -> Work:
    opened = open_bundle(bundle)
    pixels = np.resize(opened.golden().pixels, (COUNT, *opened.golden().pixels.shape[1:]))
    return Work(files or opened.files, pixels, opened.preprocessing)


@pytest.mark.parametrize(
    ("count", "workers", "sizes"),
    [
        (40, 1, [40]),
        (40, 2, [16, 24]),
        (2000, 2, [992, 1008]),
        (64, 3, [16, 16, 32]),
        (5, 2, [5]),
        (0, 2, [0]),
    ],
)
def test_parts_hold_whole_groups(count: int, workers: int, sizes: list[int]) -> None:
    parts = parts_of(count, workers)
    assert [part.stop - part.start for part in parts] == sizes
    assert [number for part in parts for number in range(count)[part]] == list(range(count))


def test_files_give_the_same_as_by_one_worker(demo_bundle: Path) -> None:
    work = work_on(demo_bundle)
    alone, shared = (HostTarget(count).run(work, QUIET) for count in (1, 2))
    assert shared.machine == alone.machine
    for one, other in zip(alone.ran, shared.ran, strict=True):
        assert one.answer == other.answer
        assert one.outputs is not None
        assert other.outputs is not None
        for name, values in one.outputs.items():
            np.testing.assert_array_equal(other.outputs[name], values)


def test_a_file_that_kills_its_runtime_is_named_and_the_others_run(
    all_formats_bundle: Path, killing_file: Path
) -> None:
    whole = all_formats_bundle / "demo-fp32.onnx"
    work = work_on(all_formats_bundle, killing_file, whole)
    killed, sound = HostTarget(2).run(work, QUIET).ran
    assert killed.outputs is None
    assert "was ended by SIG" in str(killed.answer.failure)
    assert sound.outputs is not None
    assert all(len(values) == COUNT for values in sound.outputs.values())


class Interrupting(SilentProgress):
    """Interrupts at the first inference."""

    @contextlib.contextmanager
    def step(self, description: str, total: int | None = None) -> Iterator[Advance]:
        yield self._interrupt

    def _interrupt(self, count: int) -> None:
        raise KeyboardInterrupt


def test_an_interrupt_ends_all_workers(demo_bundle: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        HostTarget(2).run(work_on(demo_bundle), Interrupting())
    assert [worker._process for worker in standing_workers(2)] == [None, None]
