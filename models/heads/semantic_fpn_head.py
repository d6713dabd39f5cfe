"""The head of Semantic FPN."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from .conv_module import ConvModule

DROPOUT = 0.1
"""Share of channels that training leaves out before the last convolution, as in mmseg."""


class SemanticFPNHead(nn.Module):
    """A class at every place of the finest level, with the names of mmseg's FPNHead.

    Each level is brought to the finest one's size, by a convolution and a doubling for each halving
    of its resolution; their sum is classified.

    Args:
        in_channels: Channels of a level.
        channels: Channels of the convolutions.
        levels: Number of levels, each half as large as the one before.
        num_classes: Number of classes.
    """

    def __init__(self, in_channels: int, channels: int, levels: int, num_classes: int) -> None:
        super().__init__()
        self.conv_seg = nn.Conv2d(channels, num_classes, 1)
        self.dropout = nn.Dropout2d(DROPOUT)
        self.scale_heads = nn.ModuleList(
            nn.Sequential(*_scale_head(in_channels, channels, doublings))
            for doublings in range(levels)
        )

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        """Logits [N, K, H, W] at the finest of the levels [N, C, H, W]."""
        total = self.scale_heads[0](levels[0])
        height, width = total.shape[2:]
        for scale_head, level in zip(self.scale_heads[1:], levels[1:], strict=True):
            x = scale_head(level)
            if x.shape[2:] != total.shape[2:]:  # of sizes that do not halve evenly
                x = functional.interpolate(x, [height, width], mode="bilinear")
            total = total + x
        return self.conv_seg(self.dropout(total))


def _scale_head(in_channels: int, channels: int, doublings: int) -> list[nn.Module]:
    """What brings a level to a size that many times doubled."""
    modules: list[nn.Module] = [ConvModule(in_channels, channels, norm=True)]
    for doubling in range(doublings):
        if doubling:
            modules.append(ConvModule(channels, channels, norm=True))
        modules.append(nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False))
    return modules
