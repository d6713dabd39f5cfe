"""Images with what is known of them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.artifact.samples import Samples

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
    assert (found.pixels == PIXELS[:count]).all()
    assert (found.labels == np.arange(7)[:count]).all()
    assert (found.outputs["logits"] == np.eye(7)[:count]).all()
    assert (found.name, found.skipped) == (KNOWN.name, KNOWN.skipped)


def test_what_is_not_known_stays_so() -> None:
    found = Samples("x", PIXELS).part(slice(1, None, 2))
    assert (found.labels, found.outputs) == (None, None)
    assert (found.pixels == PIXELS[1::2]).all()


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
