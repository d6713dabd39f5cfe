"""Images with what is known of them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from lowformer_edge.artifact.annotations import ObjectAnnotations
from lowformer_edge.artifact.placement import Placement
from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.errors import DataError

PIXELS = np.random.default_rng(0).integers(0, 256, (7, 4, 4, 3), np.uint8)
KNOWN = Samples(
    "x", PIXELS, np.arange(7), {"logits": np.eye(7, dtype=np.float32)}, ("a.png: broken",)
)


@given(st.integers(0, 9))
def test_the_first_of_them_keep_what_is_known(count: int) -> None:
    found = KNOWN.first(count)
    assert len(found) == min(count, 7)
    assert found.labels is not None
    assert found.outputs is not None
    assert np.array_equal(found.pixels, PIXELS[:count])
    assert (found.labels == np.arange(7)[:count]).all()
    assert (found.outputs["logits"] == np.eye(7)[:count]).all()
    assert (found.name, found.skipped) == (KNOWN.name, KNOWN.skipped)


def test_what_is_not_known_stays_so() -> None:
    found = Samples("x", PIXELS).part(slice(1, None, 2))
    assert (found.labels, found.outputs) == (None, None)
    assert np.array_equal(found.pixels, PIXELS[1::2])


def test_the_digest_tells_images_and_shapes_apart() -> None:
    other = PIXELS.copy()
    other[0, 0, 0, 0] ^= 1
    digests = {
        Samples("x", pixels).digest for pixels in (PIXELS, other, PIXELS.reshape(7, 2, 8, 3))
    }
    assert len(digests) == 3
    assert Samples("other", PIXELS).digest == KNOWN.digest
    assert Samples("x", np.concatenate([PIXELS, PIXELS[:2]])).distinct == 7


@given(st.integers(1, 9))
def test_batches_are_normalised_and_hold_every_image_once(size: int) -> None:
    preprocessing = Preprocessing(size=4)
    batches = list(KNOWN.batches(preprocessing, size))
    assert all(len(batch) <= size for batch in batches)
    assert (np.concatenate(batches) == preprocessing.normalise(PIXELS)).all()


def objects_of(number: int) -> ObjectAnnotations:
    return ObjectAnnotations(
        np.zeros((1, 4), np.float32), np.array([number]), np.array([False]), np.array([1.5])
    )


ANNOTATED = Samples(
    "x",
    PIXELS,
    placements=[Placement.whole(4 + number, 4) for number in range(7)],
    annotations=[objects_of(number) for number in range(7)],
)


@pytest.mark.parametrize(
    ("chosen", "numbers"),
    [(slice(1, None, 3), [1, 4]), (np.array([5, 0, 5]), [5, 0, 5]), (slice(0), [])],
)
def test_parts_keep_each_images_placement_and_annotation(
    chosen: slice | NDArray[np.int64], numbers: list[int]
) -> None:
    found = ANNOTATED.part(chosen)
    assert list(found.placements) == [Placement.whole(4 + number, 4) for number in numbers]
    assert found.annotations is not None
    assert [one.classes[0] for one in found.annotations if isinstance(one, ObjectAnnotations)] == (
        numbers
    )


def test_pixels_are_the_whole_images_unless_somebody_says_otherwise() -> None:
    found = Samples("x", np.zeros((2, 3, 5, 3), np.uint8))
    assert list(found.placements) == [Placement.whole(3, 5)] * 2
    assert found.annotations is None


@pytest.mark.parametrize("field", ["placements", "annotations"])
def test_there_are_as_many_of_everything(field: str) -> None:
    with pytest.raises(DataError, match=f"x: 2 {field} for 7 images"):
        dataclasses.replace(ANNOTATED, **{field: getattr(ANNOTATED, field)[:2]})
