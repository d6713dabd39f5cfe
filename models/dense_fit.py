"""Which neck and head weights are of, by their names and shapes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping

from ..artifact.interface import CLASSIFICATION
from ..errors import ConfigError
from ..tasks.anchors import ANCHORS_PER_PLACE, BOX_SIDES
from ..tasks.names import DETECTION, SEGMENTATION
from .dense_head import DenseHead, DetectionHead, SegmentationHead

Shapes = Mapping[str, tuple[int, ...]]

CLASSIFIER = "head.op_list.3.linear.weight"

_LATERAL = "neck.lateral_convs.0.conv.weight"
_FIRST_LEVEL = "neck.fpn_convs.0.conv.weight"
_CLASSES = "bbox_head.retina_cls.weight"
_BOXES = "bbox_head.retina_reg.weight"
_SEGMENTS = "decode_head.conv_seg.weight"
_LEVEL = re.compile(r"neck\.fpn_convs\.\d+\.conv\.weight")


_HEADS: Mapping[str, tuple[str, ...]] = {
    CLASSIFICATION: (CLASSIFIER,),
    DETECTION: ("bbox_head.", "rpn_head.", "roi_head.", "mask_head."),
    SEGMENTATION: ("decode_head.",),
}
"""How the names of heads of each task begin, those of other kinds than are read among them."""


def task_of_weights(shapes: Shapes) -> str | None:
    """What weights are for, by the head they have; None where they have none that is known."""
    for task, starts in _HEADS.items():
        if any(name.startswith(starts) for name in shapes):
            return task
    return None


def dense_head_of(shapes: Shapes) -> tuple[DenseHead, int] | None:
    """The neck and head of weights, and their number of classes; None where they have no such.

    Other weights than those that tell the sizes may still be missing, or be too many.
    """
    channels = {name: shape for name, shape in shapes.items() if len(shape) == 4}
    try:
        if _CLASSES in channels and _BOXES in channels and not why_other_anchors(shapes):
            return _detection(channels), channels[_CLASSES][0] // ANCHORS_PER_PLACE
        if _SEGMENTS in channels:
            return _segmentation(channels), channels[_SEGMENTS][0]
    except ConfigError:  # sizes that no head has
        return None
    return None


def _detection(channels: Shapes) -> DetectionHead:
    lateral, neck = _neck_widths(channels)
    classes = _widths(channels, "bbox_head.cls_convs.{}.conv.weight")
    boxes = _widths(channels, "bbox_head.reg_convs.{}.conv.weight")
    return DetectionHead(
        neck_channels=neck,
        channels=classes[0] if classes else neck,
        convs=len(classes),
        levels=sum(map(bool, map(_LEVEL.fullmatch, channels))),
        lateral_channels=lateral,
        class_channels=classes,
        box_channels=boxes if len(boxes) == len(classes) else (),
    )


def _segmentation(channels: Shapes) -> SegmentationHead:
    lateral, neck = _neck_widths(channels)
    scales = [
        _widths(channels, f"decode_head.scale_heads.{level}.{{}}.conv.weight", step)
        for level, step in enumerate((1, 1, 2, 2))
    ]
    width = (scales[0] or (0,))[-1]
    known = [len(widths) for widths in scales] == [1, 1, 2, 3]
    inner = tuple(widths[:-1] for widths in scales) if known else ()
    return SegmentationHead(neck, width, lateral, inner)


def _neck_widths(channels: Shapes) -> tuple[int, int]:
    """Channels of the pyramid's maps before and after they are convolved to levels."""
    lateral = channels.get(_LATERAL, (0,))[0]
    return lateral, channels.get(_FIRST_LEVEL, (lateral,))[0]


def _widths(channels: Shapes, name: str, step: int = 1) -> tuple[int, ...]:
    """Output channels of convolutions whose names have the numbers 0, ``step``, ..."""
    numbers = itertools.takewhile(
        lambda number: name.format(number) in channels, itertools.count(0, step)
    )
    return tuple(channels[name.format(number)][0] for number in numbers)


def why_other_anchors(shapes: Shapes) -> str | None:
    """Why the rows of RetinaNet's last convolutions are not for the usual anchors; else None."""
    classes, boxes = (shapes.get(name, (0,))[:1] or (0,) for name in (_CLASSES, _BOXES))
    if boxes[0] == ANCHORS_PER_PLACE * BOX_SIDES and classes[0] % ANCHORS_PER_PLACE == 0:
        return None
    return (
        f"its {_BOXES} has {boxes[0]} rows, {boxes[0] / BOX_SIDES:g} anchors at a place; read are"
        f" those of mmdet's RetinaNet, {ANCHORS_PER_PLACE}"
    )


def described_weights(shapes: Shapes) -> str:
    """What weights are, as far as their head tells."""
    task = task_of_weights(shapes)
    if task is None:
        return "weights without a head that is known"
    if task == CLASSIFICATION:
        classes = (shapes.get(CLASSIFIER) or ("unknown",))[0]
        return f"a classifier's weights, with {classes} classes"
    found = dense_head_of(shapes)
    if found is None:
        return f"weights for {task} with a head of another kind"
    head, classes = found
    return f"weights for {task}, {head}, with {classes} classes"
