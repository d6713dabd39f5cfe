"""Parameters and multiply-accumulates of a model, from its config alone.

Nothing is built, so that this needs no torch. The blocks are those of :mod:`.blocks`; a test holds
the counts to the modules' own.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

from ..artifact.size import sides_of
from .config import LowFormerConfig


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
    area = _strided(Area(*sides_of(config.input_size)), 2)
    stem = config.widths[0]
    total = _conv(3, stem, 3, area)
    for block in range(config.depths[0]):
        total += _mb_conv(config, stem, stem, config.hidden(0, block), area, area)
    for stage in range(1, len(config.widths)):
        narrow, wide = config.widths[stage - 1 : stage + 1]
        inner = _strided(area, 2)
        total += _mb_conv(config, narrow, wide, config.hidden(stage, 0), area, inner)
        area = inner
        for block in range(config.depths[stage] - (stage < 3)):
            if stage < 3:
                hidden = config.hidden(stage, block + 1)
                total += _mb_conv(config, wide, wide, hidden, area, area)
            else:
                total += _block(config, stage, block, area)
    hidden, features = config.head_widths
    total += _conv(config.widths[-1], hidden, 1, area)
    total += Cost(hidden * features + 2 * features, hidden * features)
    return total + Cost((features + 1) * config.num_classes, features * config.num_classes)


class Area(NamedTuple):
    """Height and width of a map."""

    height: int
    width: int

    @property
    def places(self) -> int:
        """How many."""
        return self.height * self.width


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
    inputs: int,
    outputs: int,
    hidden: int,
    area: Area,
    inner: Area,
    *,
    bias: bool = False,
    fused: bool | None = None,
) -> Cost:
    """An MBConv from one map to another; fused as the config says, unless stated."""
    projection = _conv(hidden, outputs, 1, inner)
    if config.fused if fused is None else fused:
        return _conv(inputs, hidden, 3, inner, bias=bias) + projection
    expanded = _conv(inputs, hidden, 1, area, bias=bias, norm=False)
    depthwise = _conv(hidden, hidden, 3, inner, groups=hidden, bias=bias, norm=False)
    return expanded + depthwise + projection


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
    fused = config.fused and width < config.fused_below
    hidden = config.hidden(stage, block + 1)
    return total + _mb_conv(config, width, width, hidden, area, area, bias=True, fused=fused)


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
