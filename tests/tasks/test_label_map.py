"""Label maps of a segmenter's logits, held to torch's interpolation."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from lowformer_edge.artifact.annotations import IGNORED
from lowformer_edge.artifact.placement import Extent, Placement
from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.errors import CheckError
from lowformer_edge.tasks.bilinear import resize
from lowformer_edge.tasks.label_map import interpolated_labels, nearest_labels

SIDE = st.integers(1, 40)


def logits(seed: int, classes: int, height: int, width: int) -> np.ndarray:
    values = np.random.default_rng(seed).standard_normal((classes, height, width))
    return values.astype(np.float32)


def by_torch(maps: torch.Tensor, height: int, width: int) -> torch.Tensor:
    return F.interpolate(maps[None], (height, width), mode="bilinear", align_corners=False)[0]


@settings(deadline=None)
@given(SIDE, SIDE, SIDE, SIDE)
def test_interpolation_is_torchs(height: int, width: int, tall: int, wide: int) -> None:
    maps = logits(height, 3, height, width)
    expected = by_torch(torch.from_numpy(maps), tall, wide).numpy()
    found = resize(maps.transpose(1, 2, 0), tall, wide).transpose(2, 0, 1)
    np.testing.assert_allclose(found, expected, atol=2e-5)


@settings(deadline=None, max_examples=50)
@given(SIDE, SIDE, SIDE, SIDE, st.integers(1, 60), st.integers(1, 60), st.integers(1, 5))
def test_labels_are_made_in_mmsegs_order(
    h: int, w: int, padded_h: int, padded_w: int, height: int, width: int, classes: int
) -> None:
    """Resized to the input, cut to the image, resized to its size, then the best class."""
    tall, wide = h + padded_h, w + padded_w
    place = Placement(Extent(tall, 0, h, height), Extent(wide, 0, w, width))
    maps = logits(tall, classes, -(-tall // 4), -(-wide // 4))
    whole = by_torch(torch.from_numpy(maps), tall, wide)
    values = by_torch(whole[:, :h, :w], height, width).numpy()
    labels = interpolated_labels(maps, place)
    assert labels.dtype == np.uint8
    chosen = np.take_along_axis(values, labels[None].astype(int), 0)[0]
    np.testing.assert_allclose(chosen, values.max(0), atol=5e-5)


@given(st.integers(1, 50), st.integers(0, 9), st.integers(1, 70))
def test_the_nearest_label_is_that_of_the_place_of_the_centre(
    resized: int, padding: int, image: int
) -> None:
    side = resized + padding
    count = -(-side // 4)
    maps = np.eye(count, dtype=np.float32)[:, :, None]
    place = Placement(Extent(side, 0, resized, image), Extent(4, 0, 4, 1))
    labels = nearest_labels(maps, place)[:, 0]
    for row, label in enumerate(labels.tolist()):
        centre = (row + 0.5) * resized / image
        assert label * side / count <= centre + 1e-9
        assert centre - 1e-9 <= (label + 1) * side / count


def test_both_ways_agree_within_objects() -> None:
    maps = np.zeros((2, 16, 16), np.float32)
    maps[1, 4:12, 4:12] = 1
    maps[0] = 1 - maps[1]
    place = Placement(Extent(64, 0, 64, 100), Extent(64, 0, 64, 90))
    ways = interpolated_labels(maps, place), nearest_labels(maps, place)
    for labels in ways:
        assert labels.shape == (100, 90)
        assert (labels[30:70, 28:62] == 1).all()
        assert (labels[:20] == 0).all()
    assert (ways[0] == ways[1]).mean() > 0.95


@pytest.mark.parametrize("label", [interpolated_labels, nearest_labels])
def test_images_that_were_cropped_have_labels_where_they_were_seen(label: object) -> None:
    assert callable(label)
    place = Preprocessing(size=32, crop_ratio=0.5).placement(100, 200)
    labels = label(np.ones((1, 8, 8), np.float32), place)
    seen = np.argwhere(labels == 0)
    assert seen.min(0).tolist() == [25, 75]
    assert seen.max(0).tolist() == [74, 124]
    assert (labels == 0).sum() == 50 * 50
    assert set(np.unique(labels)) == {0, IGNORED}


@pytest.mark.parametrize("label", [interpolated_labels, nearest_labels])
def test_padding_has_no_say(label: object) -> None:
    assert callable(label)
    maps = np.zeros((2, 8, 8), np.float32)
    maps[1, 4:] = 9
    place = Placement(Extent(32, 0, 14, 14), Extent(32, 0, 32, 32))
    assert not label(maps, place).any()


@pytest.mark.parametrize("label", [interpolated_labels, nearest_labels])
def test_logits_of_the_full_size_and_of_other_memory(label: object) -> None:
    assert callable(label)
    maps = logits(0, 4, 20, 24)
    place = Placement.whole(20, 24)
    assert (label(maps, place) == maps.argmax(0)).all()
    turned = np.ascontiguousarray(maps.transpose(1, 2, 0)).transpose(2, 0, 1)
    assert (label(turned, place) == maps.argmax(0)).all()


def test_of_equal_logits_the_first_class_is_taken() -> None:
    maps = np.array([1, 3, 3], np.float32)[:, None, None] * np.ones((3, 5, 5), np.float32)
    for label in (interpolated_labels, nearest_labels):
        assert (label(maps, Placement.whole(20, 18)) == 1).all()


def test_little_memory_is_needed_for_many_classes() -> None:
    """All logits at the full size would take 157 MB."""
    maps = logits(0, 150, 128, 128)
    tracemalloc.start()
    interpolated_labels(maps, Placement.whole(512, 512))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40e6


@pytest.mark.parametrize(
    ("maps", "said"),
    [
        (np.zeros((3, 7, 8), "f4"), r"must be \[K, 8, 8\], or of its size, not \[3, 7, 8\]"),
        (np.zeros((1, 3, 8, 8), "f4"), r"not \[1, 3, 8, 8\]"),
        (np.zeros((256, 8, 8), "f4"), "256 classes have no label map"),
        (np.zeros((0, 8, 8), "f4"), "0 classes have no label map"),
        (np.full((2, 8, 8), np.nan, "f4"), "logits are NaN or infinite"),
        (np.full((2, 8, 8), -np.inf, "f4"), "logits are NaN or infinite"),
    ],
)
def test_logits_that_are_none_are_refused(maps: np.ndarray, said: str) -> None:
    for label in (interpolated_labels, nearest_labels):
        with pytest.raises(CheckError, match=said):
            label(maps, Placement.whole(32, 32))


@pytest.mark.parametrize(
    "extent", [(8, 8, 4, 4), (8, -4, 4, 4), (0, 0, 4, 4), (8, 0, 0, 4), (8, 0, 4, 0)]
)
def test_images_that_are_not_in_the_input_are_refused(extent: tuple[int, ...]) -> None:
    with pytest.raises(CheckError, match="is not within an input of"):
        Extent(*extent)
