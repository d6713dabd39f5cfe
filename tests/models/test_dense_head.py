"""What configs say of necks and heads."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowformer_edge.errors import ConfigError
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.cost import backbone_cost, head_cost
from lowformer_edge.models.dense_head import DetectionHead, SegmentationHead, dense_head
from lowformer_edge.models.variants import PUBLISHED, VARIANTS

from .head_strategies import detection_heads, segmentation_heads


@given(detection_heads(512, convs=6) | segmentation_heads(512))
def test_a_head_goes_through_json(head: DetectionHead | SegmentationHead) -> None:
    config = VARIANTS["b0"].replace(dense_head=head)
    assert LowFormerConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_widths_that_are_the_usual_ones_need_not_be_stated() -> None:
    stated = DetectionHead(64, 128, 2, 5, 64, (32, 32), (32, 32))
    assert stated == DetectionHead(64, 32, 2, 5)
    assert SegmentationHead(64, 32, 64, ((), (), (32,), (32, 32))) == SegmentationHead(64, 32)
    fields = VARIANTS["b0"].replace(dense_head=stated).to_dict()["dense_head"]
    assert list(fields) == ["task", "neck_channels", "channels", "convs", "levels"]


def test_a_classifiers_json_has_no_word_of_it() -> None:
    """So that bundles and digests of before stay as they are."""
    assert "dense_head" not in VARIANTS["b0"].to_dict()
    assert (
        LowFormerConfig.from_dict(VARIANTS["b0"].to_dict() | {"dense_head": None})
        == (VARIANTS["b0"])
    )


def test_the_tasks_usual_heads_are_mmdets_and_mmsegs() -> None:
    detection, segmentation = (
        VARIANTS["b1"].for_task(task) for task in ("detection", "segmentation")
    )
    assert detection.dense_head == DetectionHead(256, 256, 4, 5)
    assert (detection.task, detection.num_classes) == ("detection", 80)
    assert segmentation.dense_head == SegmentationHead(256, 128)
    assert (segmentation.task, segmentation.num_classes) == ("segmentation", 150)
    assert VARIANTS["b1"].task == "classification"


def test_a_smaller_head_has_a_neck_of_its_width() -> None:
    assert dense_head("detection", channels=64, convs=2) == DetectionHead(64, 64, 2, 5)
    assert dense_head("segmentation", channels=64) == SegmentationHead(64, 64)


@pytest.mark.parametrize("size", [320, (320, 256), 640])
@pytest.mark.parametrize("task", ["detection", "segmentation"])
@pytest.mark.parametrize("name", PUBLISHED)
def test_a_head_for_phones_costs_at_most_twice_the_backbone(
    name: str, task: str, size: int | tuple[int, int]
) -> None:
    convs = 2 if task == "detection" else None
    config = VARIANTS[name].for_task(task, channels=64, convs=convs).replace(input_size=size)
    assert head_cost(config).macs <= 2 * backbone_cost(config).macs
    usual = VARIANTS[name].for_task(task).replace(input_size=size)
    assert head_cost(usual).macs > 8 * head_cost(config).macs


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"task": "detection", "width": 3}, "unknown field width; for detection known are task,"),
        ({"task": "segmentation", "convs": 3}, "unknown field convs; for segmentation known"),
        ({"task": "pose"}, "needs a task, detection or segmentation, not 'pose'"),
        ({"task": ["detection"]}, "needs a task"),
        ({}, "not None"),
        ({"task": "detection", "channels": 0}, "channels must be a whole number from 1 to 4096"),
        ({"task": "detection", "channels": True}, "not True"),
        ({"task": "detection", "neck_channels": 64.0}, "neck_channels must be a whole number"),
        ({"task": "detection", "levels": 2}, "levels must be a whole number from 3 to 8, not 2"),
        ({"task": "detection", "levels": 9}, "not 9"),
        ({"task": "detection", "convs": -1}, "convs must be a whole number"),
        ({"task": "detection", "convs": 0, "channels": 9}, "neck's channels, 256, not 9"),
        ({"task": "detection", "class_channels": [8]}, "a width for each of 4 convolutions"),
        ({"task": "detection", "box_channels": 8}, "a width for each of 4 convolutions, not 8"),
        ({"task": "detection", "convs": 1, "box_channels": [0]}, "box_channels must be a whole"),
        ({"task": "detection", "lateral_channels": 0}, "lateral_channels must be a whole number"),
        ({"task": "segmentation", "scale_channels": [[], []]}, "a list for each of 4 levels"),
        ({"task": "segmentation", "scale_channels": [[], [], [], []]}, "each of 1 convolutions"),
        ("RetinaNet", "must be an object, not str"),
        ([], "must be an object, not list"),
    ],
)
def test_impossible_heads_are_refused(fields: Any, told: str) -> None:
    with pytest.raises(ConfigError, match=r"^model config: dense_head") as caught:
        LowFormerConfig.from_dict(VARIANTS["b0"].to_dict() | {"dense_head": fields})
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("task", "size", "usable"),
    [
        ("detection", 200, "224 x 224"),
        ("detection", (320, 330), "320 x 352"),
        ("segmentation", (97, 64), "128 x 64"),
        ("segmentation", 4095, None),
        ("detection", 320, None),
        ("segmentation", (64, 96), None),
        ("detection", 250, None),  # 32, 16 and 8 places: odd pixels matter above the maps alone
    ],
)
def test_sizes_whose_maps_do_not_double(
    task: str, size: int | tuple[int, int], usable: str | None
) -> None:
    config = VARIANTS["b0"].for_task(task).replace(input_size=size)
    if usable is None:
        config.check_doubling()
        return
    with pytest.raises(ConfigError, match=rf"take multiples of 32, such as {usable}$"):
        config.check_doubling()


@given(st.sampled_from(["detection", "segmentation"]), st.integers(32, 400))
def test_maps_double_where_the_check_says_so(task: str, side: int) -> None:
    config = VARIANTS["b0"].for_task(task).replace(input_size=side)
    sides = [side]
    for _ in range(5):
        sides.append((sides[-1] + 1) // 2)
    maps = sides[3:] if task == "detection" else sides[2:]
    doubles = all(fine == 2 * coarse for fine, coarse in itertools.pairwise(maps))
    try:
        config.check_doubling()
    except ConfigError:
        assert not doubles
    else:
        assert doubles


def test_a_classifier_takes_any_size() -> None:
    VARIANTS["b0"].replace(input_size=201).check_doubling()


def test_other_things_in_its_place_are_refused() -> None:
    with pytest.raises(ConfigError, match="dense_head must be"):
        VARIANTS["b0"].replace(dense_head="RetinaNet")


def test_unknown_tasks_are_refused() -> None:
    with pytest.raises(ConfigError, match="'pose' has no dense head; choose detection or segm"):
        VARIANTS["b0"].for_task("pose")


def test_convolutions_of_segmentation_cannot_be_chosen() -> None:
    with pytest.raises(ConfigError, match="follow from the strides"):
        VARIANTS["b0"].for_task("segmentation", convs=3)
