"""The building block of mmdet's and mmseg's necks and heads."""

from __future__ import annotations

from torch import Tensor, nn


class ConvModule(nn.Module):
    """A convolution, an optional BatchNorm and an optional ReLU.

    Names of parameters are those of mmcv's module of this name. Only without a norm does the
    convolution have a bias.

    Args:
        in_channels: Input channels.
        out_channels: Output channels.
        kernel_size: Odd kernel side; padding keeps the size at stride 1.
        stride: Stride of the convolution.
        norm: Whether a BatchNorm follows.
        act: Whether a ReLU comes last.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        stride: int = 1,
        *,
        norm: bool = False,
        act: bool = True,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding=kernel_size // 2,
            bias=not norm,
        )
        self.bn = nn.BatchNorm2d(out_channels) if norm else nn.Identity()
        self.activate = nn.ReLU() if act else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.activate(self.bn(self.conv(x)))
