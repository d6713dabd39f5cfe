"""Cases of decoding that other languages read are what Python makes today."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from lowformer_edge.android_demo.tools import golden_decoding as golden
from lowformer_edge.tasks.box_decoder import BoxDecoder, DecodingSettings
from lowformer_edge.tasks.decoded_boxes import decoded_outputs


def test_the_committed_cases() -> None:
    boxes, labels, values = golden.golden_decoding()
    assert json.loads((golden.FOLDER / golden.BOXES_FILE).read_text()) == boxes
    assert json.loads((golden.FOLDER / golden.LABELS_FILE).read_text()) == labels
    assert (golden.FOLDER / golden.VALUES_FILE).read_bytes() == values


def test_there_are_enough_cases() -> None:
    boxes, labels = list(golden.box_cases()), list(golden.label_cases())
    assert len({case.name for case in boxes}) == len(boxes) > 20
    assert len(boxes) + len({name for name, *_ in labels}) >= 40


@pytest.mark.parametrize("seed", range(len(list(golden.box_cases()))))
def test_no_case_hangs_on_rounding(seed: int) -> None:
    case = list(golden.box_cases())[seed]
    place = case.placement
    found = []
    for most_iou in (0.49999, 0.5, 0.50001):
        settings = dataclasses.replace(DecodingSettings(), most_iou=most_iou)
        sides = place.rows.input, place.columns.input
        decoder = BoxDecoder(*sides, case.num_classes, case.levels, settings)
        found.append(decoder.decode(case.maps(seed), place))
    for other in found[1:]:
        np.testing.assert_array_equal(other.boxes, found[0].boxes)


@pytest.mark.parametrize("seed", range(len(list(golden.box_cases()))))
def test_decoded_maps_give_the_same_boxes(seed: int) -> None:
    """So that one list of cases holds both ways."""
    case = list(golden.box_cases())[seed]
    place = case.placement
    decoder = BoxDecoder(place.rows.input, place.columns.input, case.num_classes, case.levels)
    maps = case.maps(seed)
    boxes, scores = decoded_outputs({name: one[None] for name, one in maps.items()}).values()
    found, expected = decoder.decode_boxes(boxes[0], scores[0], place), decoder.decode(maps, place)
    np.testing.assert_array_equal(found.boxes, expected.boxes)
    np.testing.assert_array_equal(found.classes, expected.classes)
