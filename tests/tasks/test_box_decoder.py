"""Decoding a detector's outputs, held to a slow writing-out of mmdet's rules."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowformer_edge.artifact.placement import Extent, Placement
from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.errors import CheckError
from lowformer_edge.tasks.anchors import anchors_of_level, level_sizes
from lowformer_edge.tasks.box_coder import decode_boxes
from lowformer_edge.tasks.box_decoder import BoxDecoder, DecodingSettings
from lowformer_edge.tasks.detections import Detections

Maps = dict[str, np.ndarray]


def maps(seed: int, height: int, width: int, classes: int, levels: int) -> Maps:
    generator = np.random.default_rng(seed)
    outputs = {}
    for level, size in enumerate(level_sizes(height, width, levels), 3):
        logits = generator.normal(-1, 2, (9 * classes, *size))
        outputs[f"class_logits_p{level}"] = logits.astype(np.float32)
        deltas = generator.normal(0, 0.5, (36, *size))
        outputs[f"box_deltas_p{level}"] = deltas.astype(np.float32)
    return outputs


def written_out(
    outputs: Maps, height: int, width: int, levels: int, rules: DecodingSettings, place: Placement
) -> list[tuple[np.ndarray, float, int]]:
    """The rules one by one, for images at the input's corner."""
    found = []
    for level, size in enumerate(level_sizes(height, width, levels), 3):
        logits = outputs[f"class_logits_p{level}"].transpose(1, 2, 0).reshape(9 * np.prod(size), -1)
        deltas = outputs[f"box_deltas_p{level}"].transpose(1, 2, 0).reshape(-1, 4)
        boxes = decode_boxes(
            anchors_of_level(level, *size), deltas, place.rows.resized, place.columns.resized
        )
        scales = np.array([place.columns.scale, place.rows.scale] * 2, np.float32)
        boxes = np.asarray(boxes / scales, np.float32)
        scores = 1 / (1 + np.exp(-logits.astype(float)))
        own = [
            (boxes[anchor], scores[anchor, number], int(number), logits[anchor, number])
            for anchor, number in np.argwhere(scores > rules.score_threshold)
        ]
        found += sorted(own, key=lambda one: -one[3])[: rules.most_per_level]
    found = [one for one in found if (one[0][2:] > one[0][:2]).all()]
    kept: list[tuple[np.ndarray, float, int]] = []
    for box, score, number, _ in sorted(found, key=lambda one: -one[3]):
        if not any(k == number and overlap(box, b) > rules.most_iou for b, _, k in kept):
            kept.append((box, score, number))
    return kept[: rules.most_boxes]


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    sides = np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2])
    shared = float(np.prod(np.maximum(sides, 0)))
    union = sum(float(np.prod(box[2:] - box[:2])) for box in (first, second)) - shared
    return shared / union if union else 0.0


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    size=st.tuples(st.integers(8, 70), st.integers(8, 70)),
    classes=st.integers(1, 4),
    levels=st.integers(1, 5),
    most=st.sampled_from([3, 20, 1000]),
    room=st.floats(0.3, 1),
)
def test_the_rules_of_mmdet(
    seed: int, size: tuple[int, int], classes: int, levels: int, most: int, room: float
) -> None:
    height, width = size
    place = Placement(
        Extent(height, 0, max(1, round(height * room)), 37), Extent(width, 0, width, 91)
    )
    rules = DecodingSettings(0.3, most, 0.45, 30)
    outputs = maps(seed, height, width, classes, levels)
    found = BoxDecoder(height, width, classes, levels, rules).decode(outputs, place)
    expected = written_out(outputs, height, width, levels, rules, place)
    assert found.classes.tolist() == [number for _, _, number in expected]
    np.testing.assert_allclose(found.scores, [score for _, score, _ in expected], atol=1e-6)
    boxes = np.array([box for box, _, _ in expected]).reshape(-1, 4)
    np.testing.assert_allclose(found.boxes, boxes, atol=1e-4)


def as_channels_last(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values.transpose(1, 2, 0)).transpose(2, 0, 1)


def as_slice(values: np.ndarray) -> np.ndarray:
    wide = np.zeros((*values.shape[:2], 2 * values.shape[2]), np.float32)
    wide[..., ::2] = values
    return wide[..., ::2]


@pytest.mark.parametrize("layout", [as_channels_last, as_slice])
@pytest.mark.parametrize("digits", [0, 7])
def test_the_layout_in_memory_does_not_matter(layout: object, digits: int) -> None:
    """Not even where most scores are equal and too many to be kept."""
    assert callable(layout)
    outputs = {name: one.round(digits) for name, one in maps(0, 64, 96, 5, 5).items()}
    decoder = BoxDecoder(64, 96, 5, settings=DecodingSettings(most_per_level=50))
    expected = decoder.decode(outputs)
    same(decoder.decode({name: layout(one) for name, one in outputs.items()}), expected)


def same(found: Detections, expected: Detections) -> None:
    np.testing.assert_array_equal(found.boxes, expected.boxes)
    np.testing.assert_array_equal(found.scores, expected.scores)
    np.testing.assert_array_equal(found.classes, expected.classes)


def decoded(outputs: Maps, height: int, width: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """What a graph gives that ends with decoded boxes."""
    boxes, scores = [], []
    for level, size in enumerate(level_sizes(height, width, 5), 3):
        logits = outputs[f"class_logits_p{level}"].transpose(1, 2, 0).reshape(-1, classes)
        deltas = outputs[f"box_deltas_p{level}"].transpose(1, 2, 0).reshape(-1, 4)
        boxes.append(decode_boxes(anchors_of_level(level, *size), deltas, height, width))
        scores.append((1 / (1 + np.exp(-logits.astype(float)))).astype(np.float32))
    return np.concatenate(boxes), np.concatenate(scores)


def test_decoded_boxes_are_taken_as_maps_are() -> None:
    outputs = maps(3, 64, 96, 5, 5)
    place = Placement(Extent(64, 0, 50, 25), Extent(96, 0, 96, 80))
    decoder = BoxDecoder(64, 96, 5)
    expected = decoder.decode(outputs, place)
    found = decoder.decode_boxes(*decoded(outputs, 64, 96, 5), place)
    assert len(expected) == 100
    np.testing.assert_array_equal(found.classes, expected.classes)
    np.testing.assert_allclose(found.boxes, expected.boxes, atol=1e-4)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-6)


def quiet(height: int, width: int, classes: int) -> Maps:
    outputs = maps(0, height, width, classes, 5)
    return {k: np.full_like(v, -80 if "class" in k else 0) for k, v in outputs.items()}


def test_nothing_is_found_where_nothing_is() -> None:
    found = BoxDecoder(64, 64, 3).decode(quiet(64, 64, 3))
    assert found.boxes.shape == (0, 4)
    assert found.boxes.dtype == found.scores.dtype == np.float32
    assert found.classes.dtype == np.int64


@pytest.mark.parametrize(("ulps", "count"), [(0, 0), (1, 1)])
def test_the_threshold_is_strict(ulps: int, count: int) -> None:
    outputs = quiet(64, 64, 3)
    logit = np.float32(DecodingSettings().logit_threshold)
    outputs["class_logits_p3"][13, 4, 4] = np.nextafter(logit, np.float32(9)) if ulps else logit
    assert len(BoxDecoder(64, 64, 3).decode(outputs)) == count


def test_of_equal_scores_the_first_comes_first() -> None:
    outputs = quiet(64, 64, 3)
    for channel, row, column in ((2, 6, 1), (13, 1, 6), (12, 1, 6), (14, 1, 1)):
        outputs["class_logits_p3"][channel, row, column] = 2
    outputs["class_logits_p5"][0, 0, 0] = 2
    found = BoxDecoder(64, 64, 3).decode(outputs)
    assert found.classes.tolist() == [2, 0, 1, 2, 0]
    centres = (found.boxes[:4, :2] + found.boxes[:4, 2:]) / 2
    assert centres[1].tolist() == centres[2].tolist()


def test_boxes_of_a_centred_image() -> None:
    outputs = quiet(64, 96, 1)
    outputs["class_logits_p3"][3, 4, 6] = 3
    spec = Preprocessing(size=(64, 96), resize_mode="letterbox", padding_place="around")
    place = spec.placement(64, 32)
    assert place.columns.start == 32
    (box,) = BoxDecoder(64, 96, 1).decode(outputs, place).boxes
    np.testing.assert_allclose(box, [0, 16, 32, 48], atol=1e-4)  # the anchor: 48 - 16 to 48 + 16


def test_boxes_of_a_cropped_image() -> None:
    outputs = quiet(64, 64, 1)
    outputs["class_logits_p4"][3, 1, 0] = 3  # of 64 x 64 around (0, 16)
    place = Preprocessing(size=64, crop_ratio=1).placement(128, 256)
    (box,) = BoxDecoder(64, 64, 1).decode(outputs, place).boxes
    np.testing.assert_allclose(box, [64, 0, 128, 96], atol=1e-4)


def test_boxes_without_an_area_are_left_out() -> None:
    outputs = quiet(64, 64, 1)
    outputs["class_logits_p3"][3, 7, 7] = 3
    place = Placement(Extent(64, 0, 30, 30), Extent(64, 0, 64, 64))
    assert len(BoxDecoder(64, 64, 1).decode(outputs, place)) == 0
    assert len(BoxDecoder(64, 64, 1).decode(outputs)) == 1


def test_extreme_logits() -> None:
    outputs = maps(1, 64, 64, 2, 5)
    for name in [name for name in outputs if "class" in name]:
        outputs[name] = np.where(outputs[name] > 0, 80, -80).astype(np.float32)
    found = BoxDecoder(64, 64, 2).decode(outputs)
    assert len(found) > 0
    assert (found.scores == 1).all()
    assert np.isfinite(found.boxes).all()


def without(name: str) -> object:
    return lambda outputs: outputs.pop(name)


def put(name: str, values: np.ndarray) -> object:
    return lambda outputs: outputs.update({name: values})


def poison(name: str, value: float) -> object:
    def change(outputs: Maps) -> None:
        outputs[name][-1, -1, -1] = value

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without("box_deltas_p7"), "output box_deltas_p7 is missing among"),
        (put("class_logits_p4", np.zeros((27, 3, 4), "f4")), r"must be \[27, 4, 4\], not \[27, 3"),
        (put("class_logits_p4", np.zeros((1, 27, 4, 4), "f4")), r"of one image must be"),
        (put("box_deltas_p3", np.zeros((36, 64), "f4")), r"not \[36, 64\]"),
        (poison("class_logits_p3", np.nan), "class_logits_p3 are NaN or infinite"),
        (poison("class_logits_p7", np.inf), "class_logits_p7 are NaN or infinite"),
        (poison("box_deltas_p5", -np.inf), "box_deltas_p5 are NaN or infinite"),
        (poison("box_deltas_p5", np.nan), "box_deltas_p5 are NaN or infinite"),
    ],
)
def test_what_cannot_be_decoded_is_refused(change: object, said: str) -> None:
    assert callable(change)
    outputs = maps(0, 64, 64, 3, 5)
    change(outputs)
    with pytest.raises(CheckError, match=said) as raised:
        BoxDecoder(64, 64, 3).decode(outputs)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda b, s: (b[1:], s), "boxes of one image must be"),
        (lambda b, s: (b, s[:, 1:]), "scores of one image must be"),
        (lambda b, s: (b * np.nan, s), "boxes are NaN"),
        (lambda b, s: (b, s * 3 - 1), r"scores are not in \[0, 1\]"),
    ],
)
def test_decoded_outputs_that_are_none_are_refused(change: object, said: str) -> None:
    assert callable(change)
    with pytest.raises(CheckError, match=said):
        BoxDecoder(64, 64, 3).decode_boxes(*change(*decoded(maps(0, 64, 64, 3, 5), 64, 64, 3)))


def test_an_image_in_another_input_is_refused() -> None:
    with pytest.raises(CheckError, match="placed in 32 x 64 pixels is none of a detector of 64"):
        BoxDecoder(64, 64, 1).decode(quiet(64, 64, 1), Placement.whole(32, 64))


@pytest.mark.parametrize(
    "wrong",
    [
        {"score_threshold": 1},
        {"score_threshold": -0.1},
        {"most_iou": 1.1},
        {"most_boxes": 0},
        {"most_per_level": 0},
        {"most_iou": float("nan")},
    ],
)
def test_impossible_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(CheckError):
        DecodingSettings(**wrong)  # type: ignore[arg-type]
