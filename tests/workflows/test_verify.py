"""Verifying a bundle, whoever runs its files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lowformer_edge as lfe
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.errors import UsageError
from lowformer_edge.workflows.image_workers import IMAGES_EACH, image_workers


@pytest.fixture
def images(demo_bundle: Path) -> Samples:
    """More than one process's."""
    pixels = lfe.open_bundle(demo_bundle).golden().pixels
    return Samples("images", np.resize(pixels, (2 * IMAGES_EACH + 5, *pixels.shape[1:])))


def test_several_processes_give_the_same_to_the_bit(demo_bundle: Path, images: Samples) -> None:
    alone, shared = (lfe.verify(demo_bundle, images=images, jobs=jobs) for jobs in (1, 2))
    assert shared.failures == alone.failures
    assert [edge.record() for edge in shared.edges()] == [edge.record() for edge in alone.edges()]
    for one, other in zip(alone.check.placed, shared.check.placed, strict=True):
        assert one.outputs is not None
        assert other.outputs is not None
        for name, values in one.outputs.items():
            np.testing.assert_array_equal(other.outputs[name], values)


def test_no_process_at_all(demo_bundle: Path) -> None:
    with pytest.raises(UsageError, match="`jobs` must be a whole number of at least 1, not 0"):
        lfe.verify(demo_bundle, jobs=0)


@pytest.mark.parametrize(
    ("jobs", "images", "count"), [(4, 2 * IMAGES_EACH, 2), (1, 10_000, 1), (8, 3, 1), (None, 3, 1)]
)
def test_processes_have_images_enough(jobs: int | None, images: int, count: int) -> None:
    assert image_workers(jobs, images) == count
