"""Overlap of boxes and non-maximum suppression."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lowformer_edge.tasks.overlap import iou, suppress

BOX = st.tuples(*[st.integers(0, 12)] * 2, *[st.integers(0, 8)] * 2)


def corners(boxes: list[tuple[int, ...]]) -> np.ndarray:
    sides = np.array(boxes, np.float32).reshape(-1, 4)
    return np.concatenate([sides[:, :2], sides[:, :2] + sides[:, 2:]], axis=1)


def by_hand(first: tuple[int, ...], second: tuple[int, ...]) -> float:
    """By counting the pixels of boxes with whole corners."""
    ones, others = (
        {(x, y) for x in range(left, left + width) for y in range(top, top + height)}
        for left, top, width, height in (first, second)
    )
    return len(ones & others) / len(ones | others) if ones | others else 0.0


@given(BOX, BOX)
def test_overlap_is_that_of_the_pixels(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    ((value,),) = iou(corners([first]), corners([second])).tolist()
    assert abs(value - by_hand(first, second)) < 1e-6


@given(
    st.lists(st.tuples(BOX, st.integers(0, 2)), max_size=40),
    st.sampled_from([0.0, 0.21, 0.47, 0.83, 1.0]),
    st.sampled_from([None, 1, 5]),
)
def test_suppression_by_brute_force(
    found: list[tuple[tuple[int, ...], int]], most_iou: float, most: int | None
) -> None:
    kept: list[int] = []
    for place, (box, number) in enumerate(found):
        own = [found[other][0] for other in kept if found[other][1] == number]
        if all(by_hand(box, other) <= most_iou for other in own):
            kept.append(place)
    classes = np.array([number for _, number in found], np.int64)
    result = suppress(corners([box for box, _ in found]), classes, most_iou, most)
    assert result.tolist() == kept[:most]


def test_suppression_goes_on_beyond_a_block() -> None:
    generator = np.random.default_rng(0)
    first = generator.uniform(0, 60, (700, 2))
    boxes = np.concatenate([first, first + generator.uniform(5, 30, (700, 2))], 1)
    boxes = boxes.astype(np.float32)
    classes = generator.integers(0, 3, 700)
    overlaps = iou(boxes, boxes)
    kept: list[int] = []
    for place in range(700):
        if not any(overlaps[place, o] > 0.5 and classes[o] == classes[place] for o in kept):
            kept.append(place)
    assert suppress(boxes, classes, 0.5).tolist() == kept
    assert 128 < len(kept) < 600


def test_ten_thousand_boxes() -> None:
    places = np.arange(10_000, dtype=np.float32)
    boxes = np.stack([places * 20, places * 0, places * 20 + 10, places * 0 + 10], axis=1)
    assert len(suppress(boxes, np.zeros(10_000, int), 0.5)) == 10_000
