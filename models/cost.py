"""Parameters and multiply-accumulates of a model, from its config alone.

Nothing is built, so that this needs no torch. The blocks are those of :mod:`.blocks`; a test holds
the counts to the modules' own.
"""

from __future__ import annotations

import dataclasses

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
    side = _strided(config.input_size, 2)
    stem = config.widths[0]
    total = _conv(3, stem, 3, side)
    for _ in range(config.depths[0]):
        total += _mb_conv(config, stem, stem, config.stem_expansion, side, side)
    for index in range(len(config.widths) - 1):
        narrow, wide = config.widths[index : index + 2]
        inner = _strided(side, 2)
        total += _mb_conv(config, narrow, wide, config.downsample_expansions[index], side, inner)
        side = inner
        for _ in range(config.depths[index + 1] - (index < 2)):
            if index < 2:
                total += _mb_conv(config, wide, wide, config.block_expansion, side, side)
            else:
                total += _block(config, wide, index - 2, side)
    hidden, features = config.head_widths
    total += _conv(config.widths[-1], hidden, 1, side)
    total += Cost(hidden * features + 2 * features, hidden * features)
    return total + Cost((features + 1) * config.num_classes, features * config.num_classes)


def _strided(side: int, stride: int) -> int:
    """Side after a convolution with an odd kernel and half of it as padding."""
    return -(-side // stride)


def _conv(
    inputs: int,
    outputs: int,
    kernel: int,
    side: int,
    *,
    groups: int = 1,
    bias: bool = False,
    norm: bool = True,
) -> Cost:
    """A convolution whose output has that side, with the BatchNorm after it."""
    weights = inputs // groups * outputs * kernel**2
    return Cost(weights + outputs * bias + 2 * outputs * norm, weights * side**2)


def _mb_conv(
    config: LowFormerConfig,
    inputs: int,
    outputs: int,
    expansion: int,
    side: int,
    inner: int,
    *,
    bias: bool = False,
    fused: bool | None = None,
) -> Cost:
    """An MBConv from one side to another; fused as the config says, unless stated."""
    hidden = inputs * expansion
    projection = _conv(hidden, outputs, 1, inner)
    if config.fused if fused is None else fused:
        return _conv(inputs, hidden, 3, inner, bias=bias) + projection
    expanded = _conv(inputs, hidden, 1, side, bias=bias, norm=False)
    depthwise = _conv(hidden, hidden, 3, inner, groups=hidden, bias=bias, norm=False)
    return expanded + depthwise + projection


def _block(config: LowFormerConfig, width: int, stage: int, side: int) -> Cost:
    """A LowFormer block; ``stage`` is 0 for stage 3, 1 for stage 4."""
    total = NOTHING
    if config.attention:
        total += _attention(config, width, stage, side)
    if config.mlp:
        hidden = width * config.mlp_expansion
        norms = 2 * width * (1 + config.attention)
        total += Cost(norms, 0)
        total += _conv(width, hidden, 1, side, bias=True, norm=False)
        total += _conv(hidden, width, 1, side, bias=True, norm=False)
    fused = config.fused and width < config.fused_below
    return total + _mb_conv(
        config, width, width, config.block_expansion, side, side, bias=True, fused=fused
    )


def _attention(config: LowFormerConfig, width: int, stage: int, side: int) -> Cost:
    """The attention of a LowFormer block, without the norm before it."""
    stride, kernel = config.attention_strides[stage], config.attention_kernels[stage]
    inner = config.num_heads(width) * config.head_dim(width)
    small = _strided(side, stride)
    total = _conv(width, width, kernel, small, groups=width)
    total += _conv(width, 3 * inner, 1, small, norm=False)
    total += Cost(0, 2 * inner * small**4)
    raised = 2 * stride if stride > 1 else 3
    if config.fused:
        weights = inner * width * raised**2
    else:
        total += _conv(inner, width, 1, small, bias=True, norm=False)
        weights = width * raised**2
    return total + Cost(weights + width, weights * small**2)
