"""The app's own photos are those of the tool that makes them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from lowformer_edge.android_demo.tools.sample_photos import FOLDER, sample_photos

MOST_BYTES = 50_000


def test_there_are_no_others() -> None:
    assert {path.name for path in FOLDER.iterdir()} == sample_photos().keys()


@pytest.mark.parametrize("name", sample_photos())
def test_a_photo_is_as_it_is_made(name: str) -> None:
    path = FOLDER / name
    assert path.stat().st_size < MOST_BYTES
    with Image.open(path) as photo:
        found = np.asarray(photo.convert("RGB"), int)
    # JPEG loses a little.
    assert np.abs(found - np.asarray(sample_photos()[name], int)).mean() < 4
