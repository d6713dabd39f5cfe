"""Files are compared part by part, with the same outcome as all at once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from lowformer_edge.artifact.bundle import Bundle, open_bundle
from lowformer_edge.artifact.manifest import Parity
from lowformer_edge.artifact.outputs import Outputs, part_of
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.progress import QUIET, Advance, SilentProgress
from lowformer_edge.runtime.formats import format_of
from lowformer_edge.targets.side_by_side import TOGETHER
from lowformer_edge.tasks.classification import CLASSIFICATION
from lowformer_edge.workflows.defaults import OUTPUT_BYTES
from lowformer_edge.workflows.parity_check import (
    Candidate,
    Followed,
    ParityCheck,
    Unpruned,
    part_size,
)

IMAGES = 40


@pytest.fixture(scope="module")
def bundle(demo_bundle: Path) -> Bundle:
    return open_bundle(demo_bundle)


@pytest.fixture(scope="module")
def images(bundle: Bundle) -> Samples:
    rng = np.random.default_rng(3)
    shape = (IMAGES, *bundle.golden().pixels.shape[1:])
    pixels = rng.integers(0, 256, shape, np.uint8)
    return Samples("noise", pixels, rng.integers(0, 10, IMAGES))


@pytest.fixture(scope="module")
def outputs(bundle: Bundle, images: Samples) -> Outputs:
    path = bundle.folder / "demo-fp32.tflite"
    with format_of(path).runner(path, 1) as runner:
        return runner.run_pixels(images.pixels, bundle.preprocessing)


def run(
    bundle: Bundle,
    images: Samples,
    outputs: Outputs,
    files: dict[str, Candidate],
    size: int | None = None,
    unpruned: Unpruned | None = None,
) -> tuple[dict[str, Followed], list[slice]]:
    """What is found out, and the parts for which the eager model was asked."""
    asked: list[slice] = []

    def reference(part: slice) -> Outputs:
        asked.append(part)
        return part_of(outputs, part)

    check = ParityCheck(
        CLASSIFICATION,
        files,
        images,
        reference,
        bundle.preprocessing,
        size=size,
        unpruned=unpruned,
    )
    return check.run(QUIET), asked


def files_of(bundle: Bundle) -> dict[str, Candidate]:
    return {name: Candidate(bundle.folder / f"demo-{name}.tflite") for name in ("fp32", "int8")}


def test_parts_have_the_outcome_of_the_whole(
    bundle: Bundle, images: Samples, outputs: Outputs
) -> None:
    unpruned = Unpruned(outputs, slice(1, None, 2))
    whole, asked = run(bundle, images, outputs, files_of(bundle), unpruned=unpruned)
    assert asked == [slice(0, IMAGES)]
    parts, asked = run(bundle, images, outputs, files_of(bundle), 16, unpruned)
    assert asked == [slice(0, 16), slice(16, 32), slice(32, 40)]
    for name, one in whole.items():
        same_parity(one.parity, parts[name].parity)
        loss, lost = one.loss, parts[name].loss
        assert loss is not None
        assert lost is not None
        assert loss.parity.images == IMAGES // 2
        same_parity(loss.parity, lost.parity)
        assert lost.drop == loss.drop


def same_parity(expected: Parity | None, found: Parity | None) -> None:
    """What is counted is the same to the bit, and sums to the order they are added in."""
    assert expected is not None
    assert found is not None
    assert found.model_dump(exclude={"outputs"}) == expected.model_dump(exclude={"outputs"})
    for name, close in expected.outputs.items():
        for field, value in close.model_dump().items():
            together = getattr(found.outputs[name], field)
            assert together == (value if value == "exact" else pytest.approx(value, rel=1e-9))


def test_a_file_that_is_run_on_few_images_is(
    bundle: Bundle, images: Samples, outputs: Outputs
) -> None:
    files = files_of(bundle)
    files["int8"] = Candidate(files["int8"].path, images=5)
    found, _ = run(bundle, images, outputs, files, size=16)
    counts = {name: one.parity.images for name, one in found.items() if one.parity}
    assert counts == {"fp32": IMAGES, "int8": 5}


def test_a_file_that_cannot_be_compared_is_run_no_further(
    bundle: Bundle, images: Samples, outputs: Outputs
) -> None:
    files = {**files_of(bundle), "damaged": Candidate(bundle.folder / "none.tflite")}
    found, _ = run(bundle, images, outputs, files, size=16)
    assert found["damaged"].failure is not None
    assert found["damaged"].failure.startswith("none.tflite: ")
    assert found["damaged"].parity is None
    assert found["int8"].failure is None


def test_without_files_nothing_is_run(bundle: Bundle, images: Samples, outputs: Outputs) -> None:
    files = {"fp32": Candidate(bundle.folder / "demo-fp32.tflite", not_run="no reason")}
    assert run(bundle, images, outputs, files) == ({}, [])


@pytest.mark.parametrize(
    ("output_bytes", "files", "size"),
    [
        (4000, 3, OUTPUT_BYTES // 16000 // TOGETHER * TOGETHER),
        (25_800_000, 3, TOGETHER),
    ],
)
def test_as_many_outputs_are_compared_as_fit(output_bytes: int, files: int, size: int) -> None:
    assert part_size(output_bytes, files) == size


def test_all_parts_are_one_step(bundle: Bundle, images: Samples, outputs: Outputs) -> None:
    progress = RecordedSteps()
    check = ParityCheck(
        CLASSIFICATION,
        files_of(bundle),
        images,
        lambda part: part_of(outputs, part),
        bundle.preprocessing,
        size=16,
    )
    check.run(progress)
    assert progress.totals == [2 * IMAGES]
    assert progress.done == 2 * IMAGES


class RecordedSteps(SilentProgress):
    """Counts what steps announce, and what is done of them."""

    def __init__(self) -> None:
        self.totals: list[int | None] = []
        self.done = 0

    @contextlib.contextmanager
    def step(self, description: str, total: int | None = None) -> Iterator[Advance]:
        self.totals.append(total)
        yield self._advance

    def _advance(self, count: int) -> None:
        self.done += count
