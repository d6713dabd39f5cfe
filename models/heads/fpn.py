"""The feature pyramid between a backbone and a dense head."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from .conv_module import ConvModule
from .upsampling import NearestUpsampling


class FPN(nn.Module):
    """Feature Pyramid Network (arXiv 1612.03144), with the names of mmdet's and mmseg's.

    Each map gets the same number of channels, and the next coarser level is added to it, each
    place repeated as often as the finer map's size asks for. Levels beyond the maps are strided
    convolutions of the coarsest map, one of the other, with no activation between.

    Args:
        in_channels: Channels of each map that is given, from the finest.
        lateral: Channels that maps are brought to before they are added.
        channels: Channels of each level.
        levels: Number of levels; as many as maps, or more.
    """

    def __init__(
        self, in_channels: Sequence[int], lateral: int, channels: int, levels: int
    ) -> None:
        super().__init__()
        self.lateral_convs = nn.ModuleList(
            ConvModule(width, lateral, 1, act=False) for width in in_channels
        )
        self.fpn_convs = nn.ModuleList(
            ConvModule(lateral, channels, act=False) for _ in in_channels
        )
        self.upsampling = NearestUpsampling()
        width = in_channels[-1]
        for _ in range(levels - len(in_channels)):
            self.fpn_convs.append(ConvModule(width, channels, stride=2, act=False))
            width = channels

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Levels [N, channels, H, W] from the finest, of maps [N, C, H, W] from the finest."""
        merged = [lateral(x) for lateral, x in zip(self.lateral_convs, maps, strict=True)]
        for level in range(len(merged) - 1, 0, -1):
            finer = merged[level - 1]
            merged[level - 1] = finer + self.upsampling(merged[level], finer.shape[2:])
        levels = [self.fpn_convs[number](x) for number, x in enumerate(merged)]
        x = maps[-1]
        for conv in self.fpn_convs[len(merged) :]:
            x = conv(x)
            levels.append(x)
        return levels
