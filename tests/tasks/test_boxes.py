"""Anchors and boxes, held to what mmdet 3.3.0 makes of the same maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lowformer_edge.models.detector import Detector
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.models.variants import VARIANTS
from lowformer_edge.tasks.anchors import anchors_of, anchors_of_level, level_sizes
from lowformer_edge.tasks.box_coder import LARGEST_SCALE, decode_boxes, encode_boxes
from lowformer_edge.tasks.box_decoder import BoxDecoder, DecodingSettings

from ..models.golden_weights import golden_weights

DATA = Path(__file__).parents[1] / "data" / "mmdet" / "retinanet_b0_256x320.npz"
SIZE = (256, 320)


@pytest.mark.parametrize("number", range(5))
def test_anchors_are_mmdets(number: int) -> None:
    expected = np.load(DATA)[f"anchors_{number}"]
    rows, columns = level_sizes(*SIZE, 5)[number]
    anchors = anchors_of_level(3 + number, rows, columns)
    assert anchors.shape == (9 * rows * columns, 4)
    some = anchors[:: max(1, len(anchors) // 200)]
    np.testing.assert_allclose(some, expected, rtol=0, atol=1e-4)


@pytest.fixture(scope="module")
def maps() -> dict[str, np.ndarray]:
    """Outputs of a detector for one image, with the golden weights."""
    network = random_model(VARIANTS["b0"].for_task("detection"))
    assert isinstance(network, Detector)
    state = network.state_dict()
    network.load_state_dict({k: golden_weights(k, tuple(v.shape)) for k, v in state.items()})
    x = np.random.default_rng(0).standard_normal((1, 3, *SIZE)).astype("float32")
    with torch.no_grad():
        return {name: one.numpy()[0] for name, one in network(torch.from_numpy(x)).items()}


def test_boxes_are_mmdets(maps: dict[str, np.ndarray]) -> None:
    expected = np.load(DATA)
    for number in range(5):
        own = maps[f"box_deltas_p{3 + number}"]
        deltas = own.transpose(1, 2, 0).reshape(-1, 4)
        anchors = anchors_of_level(3 + number, *own.shape[1:])
        boxes = decode_boxes(anchors, deltas, *SIZE)
        some = boxes[:: max(1, len(boxes) // 200)]
        np.testing.assert_allclose(some, expected[f"boxes_{number}"], rtol=0, atol=2e-3)


def test_decoded_boxes_and_scores_are_mmdets(maps: dict[str, np.ndarray]) -> None:
    outputs = dict(maps)
    golden, expected = np.load(DATA), []
    for level in range(5):
        boxes, scores = golden[f"boxes_{level}"], golden[f"scores_{level}"]
        name = f"class_logits_p{level + 3}"
        count, size = len(boxes), outputs[name].shape[1:]
        anchors = 9 * size[0] * size[1]
        own = np.full((anchors, 80), -100, np.float32)
        step = max(1, anchors // 200)
        logits = outputs[name].transpose(1, 2, 0).reshape(anchors, 80)
        own[::step, :8] = logits[::step, :8]
        outputs[name] = own.reshape(*size, 720).transpose(2, 0, 1)
        assert count == len(own[::step])
        for anchor, number in np.argwhere(scores > 0.05):
            if (boxes[anchor, 2:] > boxes[anchor, :2]).all():
                expected.append((*boxes[anchor], scores[anchor, number], number))
    rules = DecodingSettings(most_per_level=10**6, most_iou=1, most_boxes=10**6)
    found = BoxDecoder(256, 320, 80, settings=rules).decode(outputs)
    assert len(found) == len(expected) > 1000
    rows = np.column_stack([found.boxes, found.scores, found.classes])
    bounds = np.array([0.01] * 4 + [1e-5, 0.5])
    for row in expected[::7]:
        assert (np.abs(rows - row) < bounds).all(1).any()


@given(st.integers(32, 200), st.integers(32, 200), st.integers(3, 8))
def test_all_levels_are_one_after_the_other(height: int, width: int, levels: int) -> None:
    anchors = anchors_of(height, width, levels)
    assert anchors.dtype == np.float32
    sizes = level_sizes(height, width, levels)
    assert len(anchors) == 9 * sum(rows * columns for rows, columns in sizes)
    last = anchors_of_level(2 + levels, *sizes[-1])
    np.testing.assert_array_equal(anchors[-len(last) :], last)


def test_sizes_of_levels_are_those_of_the_maps() -> None:
    config = VARIANTS["demo"].for_task("detection", channels=4, convs=1)
    with torch.device("meta"):
        network = Detector(config)
        levels = network.forward_levels(torch.empty(1, 3, 97, 203))
    assert level_sizes(97, 203, 5) == [tuple(boxes.shape[2:]) for _, boxes in levels]


def test_anchors_are_centred_on_corners_of_places() -> None:
    anchors = anchors_of_level(3, 2, 3)
    centres = (anchors[:, :2] + anchors[:, 2:]) / 2
    assert centres[::9].tolist() == [[0, 0], [8, 0], [16, 0], [0, 8], [8, 8], [16, 8]]


def test_no_delta_is_the_anchor() -> None:
    anchors = np.array([[10, 20, 50, 40]], np.float32)
    np.testing.assert_array_equal(decode_boxes(anchors, np.zeros((1, 4), "f4"), 99, 99), anchors)


@pytest.mark.parametrize("scale", [LARGEST_SCALE, 9.0, np.inf])
def test_boxes_grow_so_far_only(scale: float) -> None:
    anchors = np.array([[-4, -4, 4, 4]], np.float32)
    deltas = np.array([[0, 0, scale, -scale]], np.float32)
    (box,) = decode_boxes(anchors, deltas, 1000, 1000)
    np.testing.assert_allclose(box, [0, 0, 250, 0.064], rtol=1e-5)


def test_boxes_are_clipped_to_the_image() -> None:
    anchors = np.array([[-10, -10, 500, 700]], np.float32)
    boxes = decode_boxes(anchors, np.zeros((1, 4), np.float32), 300, 400)
    assert boxes.tolist() == [[0, 0, 400, 300]]


@given(
    corner=arrays.arrays(np.float32, (5, 2), elements=st.floats(0, 100, width=32)),
    size=arrays.arrays(np.float32, (5, 2), elements=st.floats(1, 100, width=32)),
    delta=arrays.arrays(np.float32, (5, 4), elements=st.floats(-1, 1, width=32)),
)
def test_encoding_is_the_inverse(corner: np.ndarray, size: np.ndarray, delta: np.ndarray) -> None:
    anchors = np.concatenate([corner + 1000, corner + 1000 + size], axis=1)
    boxes = decode_boxes(anchors, delta, 5000, 5000)
    np.testing.assert_allclose(encode_boxes(anchors, boxes), delta, atol=5e-3)
