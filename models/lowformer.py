"""LowFormer assembled from its blocks."""

from __future__ import annotations

from torch import Tensor, nn

from ..errors import ConfigError
from .blocks import (
    Classifier,
    ConvAttention,
    ConvBranch,
    ConvLayer,
    FusedMBConv,
    HiddenLinear,
    LowFormerBlock,
    MBConv,
    OpSequential,
    Residual,
    mlp,
)
from .config import LowFormerConfig


def _mb_conv(
    config: LowFormerConfig, stage: int, block: int, stride: int = 1, *, bias: bool = False
) -> nn.Module:
    """An MBConv; only those of the blocks of stages 3 and 4 have biases, and none with a stride."""
    inputs = config.widths[stage - 1 if stride > 1 else stage]
    outputs, hidden = config.widths[stage], config.hidden(stage, block)
    if not config.is_fused(stage, block):
        return MBConv(inputs, outputs, hidden, stride, bias=bias)
    rank = config.spatial_rank(stage, block)
    return FusedMBConv(inputs, outputs, hidden, stride, bias=bias, rank=rank)


def _context(config: LowFormerConfig, stage: int, block: int) -> nn.Module:
    """Attention and MLP of one LowFormer block of stage 3 or 4."""
    width = config.widths[stage]
    attention: nn.Module = nn.Identity()
    if config.attention:
        _check_heads(config, stage)
        attention = ConvAttention(
            width,
            config.num_heads(width),
            config.head_dim(width),
            config.attention_kernels[stage - 3],
            config.attention_strides[stage - 3],
            fused=config.fused,
        )
        if config.mlp:
            attention = nn.Sequential(nn.GroupNorm(1, width), attention)
        attention = Residual(attention)
    if not config.mlp:
        return attention
    return nn.Sequential(attention, Residual(mlp(width, config.mlp_hidden(stage, block))))


def _check_heads(config: LowFormerConfig, stage: int) -> None:
    """Raises ConfigError where the heads of a stage would have no channels."""
    width = config.widths[stage]
    if config.head_dim(width) < 1:
        raise ConfigError(
            f"model config: the {config.num_heads(width)} heads of stage {stage} would share"
            f" {width} channels times head_dim_ratio {config.head_dim_ratio}, less than one each;"
            " raise head_dim_ratio, head_width or the width"
        )


def _block(config: LowFormerConfig, stage: int, block: int) -> LowFormerBlock:
    """A LowFormer block of stage 3 or 4; the stride-2 block comes before ``block`` 0."""
    local = _mb_conv(config, stage, block + 1, bias=True)
    return LowFormerBlock(_context(config, stage, block), local)


class Backbone(nn.Module):
    """Stem and four stages; each halves the resolution."""

    def __init__(self, config: LowFormerConfig) -> None:
        super().__init__()
        stem_width = config.widths[0]
        stem: list[nn.Module] = [ConvLayer(3, stem_width, 3, stride=2)]
        stem += [Residual(_mb_conv(config, 0, block)) for block in range(config.depths[0])]
        self.input_stem = OpSequential(stem)
        self.stages = nn.ModuleList(
            OpSequential(_stage(config, stage)) for stage in range(1, len(config.widths))
        )

    def forward_stages(self, x: Tensor) -> list[Tensor]:
        """Outputs of the stem and of each stage, for an image batch [N, 3, H, W]."""
        outputs = [self.input_stem(x)]
        for stage in self.stages:
            outputs.append(stage(outputs[-1]))
        return outputs

    def forward(self, x: Tensor) -> Tensor:
        return self.forward_stages(x)[-1]


def _stage(config: LowFormerConfig, stage: int) -> list[nn.Module]:
    """The blocks of a stage, from 1."""
    depth = config.depths[stage]
    blocks: list[nn.Module] = [ConvBranch(_mb_conv(config, stage, 0, stride=2))]
    if stage < 3:
        blocks += [Residual(_mb_conv(config, stage, block)) for block in range(1, depth)]
    else:
        blocks += [_block(config, stage, block) for block in range(depth)]
    return blocks


class LowFormer(nn.Module):
    """A LowFormer image classifier.

    Args:
        config: The architecture.
    """

    def __init__(self, config: LowFormerConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = Backbone(config)
        hidden, features = config.head_widths
        self.head = OpSequential(
            [
                ConvLayer(config.widths[-1], hidden, 1),
                nn.AdaptiveAvgPool2d(1),
                HiddenLinear(hidden, features),
                Classifier(features, config.num_classes),
            ]
        )

    def reset_classifier(self, num_classes: int) -> None:
        """Gives the model a last layer with random weights, to be trained for other classes.

        Args:
            num_classes: How many.
        """
        self.config = self.config.replace(num_classes=num_classes)
        _, features = self.config.head_widths
        self.head.op_list[-1] = Classifier(features, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits [N, num_classes] of normalised images [N, 3, H, W]."""
        return self.head(self.backbone(x))
