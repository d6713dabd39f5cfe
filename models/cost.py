"""Parameters and multiply-accumulates of a model, from its config alone.

Nothing is built, so that this needs no torch. The blocks are those of :mod:`.blocks` and of
:mod:`.heads`; a test holds the counts to the modules' own.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import NamedTuple

from ..artifact.size import sides_of
from ..tasks.anchors import ANCHORS_PER_PLACE, BOX_SIDES
from .config import LowFormerConfig
from .dense_head import BACKBONE_LEVELS, DenseHead, DetectionHead, SegmentationHead


@dataclasses.dataclass(frozen=True)
class Cost:
    """What a model costs, whatever runs it.

    Attributes:
        parameters: Learned values; BatchNorm's running statistics are none.
        macs: Multiply-accumulates of one image in convolutions, linear layers and attention's
            products; norms, activations and softmax are left out, as in the papers.
    """

    parameters: int
    macs: int

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.parameters + other.parameters, self.macs + other.macs)


NOTHING = Cost(0, 0)


def cost_of(config: LowFormerConfig) -> Cost:
    """The cost of a model at its config's input size."""
    return backbone_cost(config) + head_cost(config)


def backbone_cost(config: LowFormerConfig) -> Cost:
    """The part of the stem and the stages."""
    areas = _areas(config)
    stem = config.widths[0]
    total = _conv(3, stem, 3, areas[0])
    for block in range(config.depths[0]):
        total += _mb_conv(config, 0, block, areas[0])
    for stage in range(1, len(config.widths)):
        area = areas[stage]
        total += _mb_conv(config, stage, 0, areas[stage - 1], area)
        for block in range(config.depths[stage] - (stage < 3)):
            if stage < 3:
                total += _mb_conv(config, stage, block + 1, area)
            else:
                total += _block(config, stage, block, area)
    return total


def head_cost(config: LowFormerConfig) -> Cost:
    """The part of the head, and of the neck where there is one."""
    if isinstance(config.dense_head, DetectionHead):
        return _retina_net(config, config.dense_head)
    if isinstance(config.dense_head, SegmentationHead):
        return _semantic_fpn(config, config.dense_head)
    hidden, features = config.head_widths
    total = _conv(config.widths[-1], hidden, 1, _areas(config)[-1])
    total += Cost(hidden * features + 2 * features, hidden * features)
    return total + Cost((features + 1) * config.num_classes, features * config.num_classes)


def _retina_net(config: LowFormerConfig, head: DetectionHead) -> Cost:
    """Neck and head of a detector; the head's weights are the same for all levels."""
    levels = _areas(config)[-BACKBONE_LEVELS:]
    total = _fpn(config.widths[-BACKBONE_LEVELS:], head, levels)
    width = config.widths[-1]
    for _ in range(head.levels - BACKBONE_LEVELS):
        levels.append(_strided(levels[-1], 2))
        total += _plain_conv(width, head.neck_channels, 3, levels[-1])
        width = head.neck_channels
    shared = [_retina_head(config, head, area) for area in levels]
    return total + Cost(shared[0].parameters, sum(cost.macs for cost in shared))


def _retina_head(config: LowFormerConfig, head: DetectionHead, area: Area) -> Cost:
    """The head of a detector on one level."""
    total = NOTHING
    for values, channels in ((config.num_classes, head.class_widths), (BOX_SIDES, head.box_widths)):
        widths = [head.neck_channels, *channels, ANCHORS_PER_PLACE * values]
        for narrow, wide in itertools.pairwise(widths):
            total += _plain_conv(narrow, wide, 3, area)
    return total


def _semantic_fpn(config: LowFormerConfig, head: SegmentationHead) -> Cost:
    """Neck and head of a model for segmentation."""
    areas = _areas(config)[1:]
    total = _fpn(config.widths[1:], head, areas)
    for area, widths in zip(areas, head.scale_widths, strict=True):
        for doublings, (narrow, wide) in enumerate(
            itertools.pairwise([head.neck_channels, *widths])
        ):
            doubled = Area(area.height << doublings, area.width << doublings)
            total += _conv(narrow, wide, 3, doubled)
    return total + _plain_conv(head.channels, config.num_classes, 1, areas[0])


def _fpn(widths: Sequence[int], head: DenseHead, areas: Sequence[Area]) -> Cost:
    """A feature pyramid's levels that are made of maps."""
    lateral = head.lateral_width
    total = NOTHING
    for width, area in zip(widths, areas, strict=True):
        total += _plain_conv(width, lateral, 1, area)
        total += _plain_conv(lateral, head.neck_channels, 3, area)
    return total


def _plain_conv(inputs: int, outputs: int, kernel: int, area: Area) -> Cost:
    """A convolution with a bias and no norm."""
    return _conv(inputs, outputs, kernel, area, bias=True, norm=False)


class Area(NamedTuple):
    """Height and width of a map."""

    height: int
    width: int

    @property
    def places(self) -> int:
        """How many."""
        return self.height * self.width


def _areas(config: LowFormerConfig) -> list[Area]:
    """The maps of the stem and of each stage."""
    areas = [_strided(Area(*sides_of(config.input_size)), 2)]
    for _ in config.widths[1:]:
        areas.append(_strided(areas[-1], 2))
    return areas


def _strided(area: Area, stride: int) -> Area:
    """The map after a convolution with an odd kernel and half of it as padding."""
    return Area(-(-area.height // stride), -(-area.width // stride))


def _conv(
    inputs: int,
    outputs: int,
    kernel: int,
    area: Area,
    *,
    groups: int = 1,
    bias: bool = False,
    norm: bool = True,
) -> Cost:
    """A convolution whose output has that size, with the BatchNorm after it."""
    weights = inputs // groups * outputs * kernel**2
    return Cost(weights + outputs * bias + 2 * outputs * norm, weights * area.places)


def _mb_conv(
    config: LowFormerConfig,
    stage: int,
    block: int,
    area: Area,
    halved: Area | None = None,
    *,
    bias: bool = False,
) -> Cost:
    """An MBConv on a map, or one with a stride from a map to a smaller one."""
    outputs, hidden = config.widths[stage], config.hidden(stage, block)
    inputs = config.widths[stage - 1] if halved else outputs
    inner = halved or area
    projection = _conv(hidden, outputs, 1, inner)
    if not config.is_fused(stage, block):
        expanded = _conv(inputs, hidden, 1, area, bias=bias, norm=False)
        depthwise = _conv(hidden, hidden, 3, inner, groups=hidden, bias=bias, norm=False)
        return expanded + depthwise + projection
    rank = config.spatial_rank(stage, block)
    if not rank:
        return _conv(inputs, hidden, 3, inner, bias=bias) + projection
    reduced = _conv(inputs, rank, 3, inner, norm=False)
    return reduced + _conv(rank, hidden, 1, inner, bias=bias) + projection


def _block(config: LowFormerConfig, stage: int, block: int, area: Area) -> Cost:
    """A LowFormer block of stage 3 or 4."""
    width = config.widths[stage]
    total = NOTHING
    if config.attention:
        total += _attention(config, stage, area)
    if config.mlp:
        hidden = config.mlp_hidden(stage, block)
        norms = 2 * width * (1 + config.attention)
        total += Cost(norms, 0)
        total += _conv(width, hidden, 1, area, bias=True, norm=False)
        total += _conv(hidden, width, 1, area, bias=True, norm=False)
    return total + _mb_conv(config, stage, block + 1, area, bias=True)


def _attention(config: LowFormerConfig, stage: int, area: Area) -> Cost:
    """The attention of a LowFormer block of stage 3 or 4, without the norm before it."""
    width = config.widths[stage]
    stride, kernel = config.attention_strides[stage - 3], config.attention_kernels[stage - 3]
    inner = config.num_heads(width) * config.head_dim(width)
    small = _strided(area, stride)
    total = _conv(width, width, kernel, small, groups=width)
    total += _conv(width, 3 * inner, 1, small, norm=False)
    total += Cost(0, 2 * inner * small.places**2)
    raised = 2 * stride if stride > 1 else 3
    if config.fused:
        weights = inner * width * raised**2
    else:
        total += _conv(inner, width, 1, small, bias=True, norm=False)
        weights = width * raised**2
    return total + Cost(weights + width, weights * small.places)
