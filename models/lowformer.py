"""LowFormer assembled from its blocks."""

from __future__ import annotations

from torch import Tensor, nn

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
    config: LowFormerConfig,
    in_channels: int,
    out_channels: int,
    expansion: int,
    stride: int = 1,
) -> nn.Module:
    """The MBConv of the stem and of the stride-2 blocks: no convolution has a bias."""
    block = FusedMBConv if config.fused else MBConv
    return block(in_channels, out_channels, expansion, stride, bias=False)


def _context(config: LowFormerConfig, width: int, stage: int) -> nn.Module:
    """Attention and MLP of one LowFormer block; ``stage`` is 0 for stage 3, 1 for stage 4."""
    attention: nn.Module = nn.Identity()
    if config.attention:
        attention = ConvAttention(
            width,
            config.num_heads(width),
            config.head_dim(width),
            config.attention_kernels[stage],
            config.attention_strides[stage],
            fused=config.fused,
        )
        if config.mlp:
            attention = nn.Sequential(nn.GroupNorm(1, width), attention)
        attention = Residual(attention)
    if not config.mlp:
        return attention
    return nn.Sequential(attention, Residual(mlp(width, config.mlp_expansion)))


def _block(config: LowFormerConfig, width: int, stage: int) -> LowFormerBlock:
    local = FusedMBConv if config.fused and width < config.fused_below else MBConv
    return LowFormerBlock(
        _context(config, width, stage), local(width, width, config.block_expansion, bias=True)
    )


class Backbone(nn.Module):
    """Stem and four stages; each halves the resolution."""

    def __init__(self, config: LowFormerConfig) -> None:
        super().__init__()
        stem_width = config.widths[0]
        stem: list[nn.Module] = [ConvLayer(3, stem_width, 3, stride=2)]
        stem += [
            Residual(_mb_conv(config, stem_width, stem_width, config.stem_expansion))
            for _ in range(config.depths[0])
        ]
        self.input_stem = OpSequential(stem)
        self.stages = nn.ModuleList(
            OpSequential(_stage(config, index)) for index in range(len(config.widths) - 1)
        )

    def forward_stages(self, x: Tensor) -> list[Tensor]:
        """Outputs of the stem and of each stage, for an image batch [N, 3, H, W]."""
        outputs = [self.input_stem(x)]
        for stage in self.stages:
            outputs.append(stage(outputs[-1]))
        return outputs

    def forward(self, x: Tensor) -> Tensor:
        return self.forward_stages(x)[-1]


def _stage(config: LowFormerConfig, index: int) -> list[nn.Module]:
    """The blocks of stage ``index + 1``."""
    width_in, width = config.widths[index : index + 2]
    depth = config.depths[index + 1]
    down = _mb_conv(config, width_in, width, config.downsample_expansions[index], stride=2)
    blocks: list[nn.Module] = [ConvBranch(down)]
    if index < 2:
        blocks += [
            Residual(_mb_conv(config, width, width, config.block_expansion))
            for _ in range(depth - 1)
        ]
    else:
        blocks += [_block(config, width, index - 2) for _ in range(depth)]
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
