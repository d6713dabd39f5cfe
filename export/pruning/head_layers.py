"""Hidden layers of necks and dense heads."""

from __future__ import annotations

from collections.abc import Sequence

from ...models.config import LowFormerConfig
from ...models.dense_head import BACKBONE_LEVELS, DetectionHead, SegmentationHead
from .hidden_layer import HiddenLayer, Projection

TOWERS = {
    "class_channels": ("bbox_head.cls_convs", "bbox_head.retina_cls"),
    "box_channels": ("bbox_head.reg_convs", "bbox_head.retina_reg"),
}
"""A detector's convolutions for classes and for boxes, with the last one, by the config's field."""


def head_layers(config: LowFormerConfig) -> list[list[HiddenLayer]]:
    """The hidden layers of a neck and head.

    Returns:
        Groups; those of a group take nothing of each other, and what groups before theirs give.
    """
    head = config.dense_head
    if isinstance(head, DetectionHead):
        return _of_detector(head)
    if isinstance(head, SegmentationHead):
        return _of_segmenter(head)
    return []


def _of_detector(head: DetectionHead) -> list[list[HiddenLayer]]:
    takers = [_tower(field, head)[0] for field in TOWERS]
    if head.levels > BACKBONE_LEVELS + 1:  # made of a level each, where others are of maps
        takers += [
            Projection(f"neck.fpn_convs.{level}.conv")
            for level in range(BACKBONE_LEVELS + 1, head.levels)
        ]
    towers = [
        [_tower_layer(field, head, number) for field in TOWERS] for number in range(head.convs)
    ]
    return [[_laterals(head, BACKBONE_LEVELS)], [_levels(head, head.levels, takers)], *towers]


def _tower(field: str, head: DetectionHead) -> list[Projection]:
    """The convolutions for classes or for boxes, in their order."""
    convs, last = TOWERS[field]
    inner = [Projection(f"{convs}.{number}.conv") for number in range(head.convs)]
    return [*inner, Projection(last)]


def _tower_layer(field: str, head: DetectionHead, number: int) -> HiddenLayer:
    """What one convolution of a tower gives the next one."""
    convs, _ = TOWERS[field]
    widths = head.class_widths if field == "class_channels" else head.box_widths
    position = "first" if number == 0 else "last" if number == head.convs - 1 else "inner"
    return HiddenLayer(
        f"{convs}.{number}",
        f"dense_head.{field}",
        (number,),
        widths[number],
        (f"{convs}.{number}.conv",),
        (_tower(field, head)[number + 1],),
        f"{field}, {position}",
    )


def _of_segmenter(head: SegmentationHead) -> list[list[HiddenLayer]]:
    levels = len(head.scale_widths)
    prefix = "decode_head.scale_heads"
    # Between two convolutions of a level lies what doubles the map.
    first = [_normed(f"{prefix}.{level}.0") for level in range(levels)]
    inner: dict[int, list[HiddenLayer]] = {}
    for level, widths in enumerate(head.scale_widths):
        for number, channels in enumerate(widths[:-1]):
            path = f"{prefix}.{level}.{2 * number}"
            layer = HiddenLayer(
                path,
                "dense_head.scale_channels",
                (level, number),
                channels,
                (f"{path}.conv", f"{path}.bn"),
                (_normed(f"{prefix}.{level}.{2 * (number + 1)}"),),
                f"scale_channels of level {level}, {number}",
            )
            inner.setdefault(number, []).append(layer)
    ends = [
        f"{prefix}.{level}.{2 * (len(widths) - 1)}"
        for level, widths in enumerate(head.scale_widths)
    ]
    total = HiddenLayer(
        prefix,
        "dense_head.channels",
        (),
        head.channels,
        tuple(f"{end}.{part}" for end in ends for part in ("conv", "bn")),
        (Projection("decode_head.conv_seg"),),
        "channels",
    )
    return [[_laterals(head, levels)], [_levels(head, levels, first)], *inner.values(), [total]]


def _normed(path: str) -> Projection:
    """The convolution of a module that ends with a norm."""
    return Projection(f"{path}.conv", f"{path}.bn")


def _laterals(head: DetectionHead | SegmentationHead, maps: int) -> HiddenLayer:
    """A neck's maps, before they are convolved to levels."""
    return HiddenLayer(
        "neck.lateral_convs",
        "dense_head.lateral_channels",
        (),
        head.lateral_width,
        tuple(f"neck.lateral_convs.{number}.conv" for number in range(maps)),
        tuple(Projection(f"neck.fpn_convs.{number}.conv") for number in range(maps)),
        "lateral_channels",
    )


def _levels(
    head: DetectionHead | SegmentationHead, levels: int, takers: Sequence[Projection]
) -> HiddenLayer:
    """A neck's levels."""
    return HiddenLayer(
        "neck.fpn_convs",
        "dense_head.neck_channels",
        (),
        head.neck_channels,
        tuple(f"neck.fpn_convs.{number}.conv" for number in range(levels)),
        tuple(takers),
        "neck_channels",
    )
