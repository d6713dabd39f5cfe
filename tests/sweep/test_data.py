"""Images of a sweep, from paths and from behind URLs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lowformer_edge import load_model
from lowformer_edge.errors import DataError
from lowformer_edge.progress import QUIET
from lowformer_edge.sweep.data import fetched, image_choice
from lowformer_edge.sweep.grid import ImageData
from lowformer_edge.workflows.data import ImagePart, evaluation_part

from ..hosted_folder import hosted
from .conftest import IMAGES


def pixels_of(data: str) -> NDArray[np.uint8]:
    choice = image_choice(ImageData(data=data, count=IMAGES))
    found = evaluation_part(choice, load_model(), choice, ImagePart(0, 1), QUIET)
    assert found is not None
    return found.pixels[:]


@pytest.mark.parametrize("protocol", ["http", "file"])
def test_what_is_behind_a_url_is_what_is_at_a_path(protocol: str, images: Path) -> None:
    with hosted(images.parent) as address:
        url = f"{address}{images.name}" if protocol == "http" else images.as_uri()
        np.testing.assert_array_equal(pixels_of(url), pixels_of(str(images)))


def test_two_archives_of_one_name_are_two(images: Path, tmp_path: Path) -> None:
    other = tmp_path / images.name
    found = dict(np.load(images))
    np.savez(other, images=255 - found["images"], labels=found["labels"])
    first, second = (pixels_of(path.as_uri()) for path in (images, other))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(second, pixels_of(str(other)))


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/images.npz", "nosuch://a/b.npz"])
def test_what_cannot_be_fetched_is_a_line(url: str) -> None:
    with pytest.raises(DataError, match=rf"^{url}: cannot be fetched \(.+\)$"):
        fetched(url)
