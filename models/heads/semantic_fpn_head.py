"""The head of Semantic FPN."""

from __future__ import annotations

import itertools
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
        widths: Channels of each level's convolutions, the finest level first; each level is half as
            large as the one before. All end with the same number.
        num_classes: Number of classes.
    """

    def __init__(self, in_channels: int, widths: Sequence[Sequence[int]], num_classes: int) -> None:
        super().__init__()
        self.conv_seg = nn.Conv2d(widths[0][-1], num_classes, 1)
        self.dropout = nn.Dropout2d(DROPOUT)
        self.scale_heads = nn.ModuleList(
            nn.Sequential(*_scale_head([in_channels, *level], doublings))
            for doublings, level in enumerate(widths)
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


def _scale_head(widths: Sequence[int], doublings: int) -> list[nn.Module]:
    """What brings a level to a size that many times doubled, through maps of some widths."""
    modules: list[nn.Module] = []
    for narrow, wide in itertools.pairwise(widths):
        modules.append(ConvModule(narrow, wide, norm=True))
        if doublings:
            modules.append(nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False))
    return modules
