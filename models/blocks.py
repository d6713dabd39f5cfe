"""LowFormer's building blocks in eager PyTorch.

Names of modules and parameters are those of the authors' published checkpoints, so that
these load strictly. All tensors are NCHW.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn


class OpSequential(nn.Module):
    """Modules applied one after the other, under the key ``op_list``."""

    def __init__(self, ops: Iterable[nn.Module]) -> None:
        super().__init__()
        self.op_list = nn.ModuleList(ops)

    def forward(self, x: Tensor) -> Tensor:
        for op in self.op_list:
            x = op(x)
        return x


class ConvLayer(nn.Module):
    """A convolution, an optional BatchNorm and an optional hard-swish.

    Args:
        in_channels: Input channels.
        out_channels: Output channels.
        kernel_size: Odd kernel side; padding keeps the size at stride 1.
        stride: Stride of the convolution.
        groups: Groups of the convolution.
        bias: Whether the convolution has a bias.
        norm: Whether a BatchNorm follows.
        act: Whether a hard-swish comes last.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        stride: int = 1,
        groups: int = 1,
        *,
        bias: bool = False,
        norm: bool = True,
        act: bool = True,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding=kernel_size // 2,
            groups=groups,
            bias=bias,
        )
        self.norm = nn.BatchNorm2d(out_channels) if norm else nn.Identity()
        self.act = nn.Hardswish() if act else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.norm(self.conv(x)))


class FusedMBConv(nn.Module):
    """3x3 convolution that expands, then a 1x1 convolution that projects.

    Args:
        in_channels: Input channels.
        out_channels: Output channels.
        hidden: Channels in between.
        stride: Of the 3x3 convolution.
        bias: Whether what makes the hidden channels has a bias.
        rank: Channels that the 3x3 convolution gives to a 1x1 one, which expands them; none, and
            the 3x3 expands by itself, if 0.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        hidden: int,
        stride: int = 1,
        *,
        bias: bool,
        rank: int = 0,
    ) -> None:
        super().__init__()
        self.reduced_conv: nn.Module = nn.Identity()
        if rank:
            self.reduced_conv = nn.Conv2d(in_channels, rank, 3, stride, padding=1, bias=False)
            self.spatial_conv = ConvLayer(rank, hidden, 1, bias=bias)
        else:
            self.spatial_conv = ConvLayer(in_channels, hidden, 3, stride, bias=bias)
        self.point_conv = ConvLayer(hidden, out_channels, 1, act=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.point_conv(self.spatial_conv(self.reduced_conv(x)))


class MBConv(nn.Module):
    """1x1 expansion, 3x3 depthwise, 1x1 projection; only the last has a BatchNorm."""

    def __init__(
        self, in_channels: int, out_channels: int, hidden: int, stride: int = 1, *, bias: bool
    ) -> None:
        super().__init__()
        self.inverted_conv = ConvLayer(in_channels, hidden, 1, bias=bias, norm=False)
        self.depth_conv = ConvLayer(hidden, hidden, 3, stride, groups=hidden, bias=bias, norm=False)
        self.point_conv = ConvLayer(hidden, out_channels, 1, act=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.point_conv(self.depth_conv(self.inverted_conv(x)))


class ConvBranch(nn.Module):
    """An MBConv without shortcut, under the key ``main``: the stride-2 blocks."""

    def __init__(self, main: nn.Module) -> None:
        super().__init__()
        self.main = main

    def forward(self, x: Tensor) -> Tensor:
        return self.main(x)


class Residual(nn.Module):
    """``main(x) + x``."""

    def __init__(self, main: nn.Module) -> None:
        super().__init__()
        self.main = main

    def forward(self, x: Tensor) -> Tensor:
        return self.main(x) + x


class ConvAttention(nn.Module):
    """Attention at reduced resolution and reduced channels ("Lowtention").

    A depthwise convolution reduces the resolution, a 1x1 convolution makes q, k and v, and a
    transposed convolution brings the result back to the input's size. Channels after the 1x1
    convolution are head-major, with q, k and v side by side within each head.

    Args:
        channels: Input and output channels C.
        num_heads: Number of heads.
        head_dim: Channels of q, k and v each, per head.
        kernel_size: Odd kernel of the depthwise convolution.
        stride: 1 or 2.
        fused: One dense transposed convolution; otherwise a 1x1 projection and a depthwise one.
    """

    def __init__(
        self,
        channels: int,
        num_heads: int,
        head_dim: int,
        kernel_size: int,
        stride: int,
        *,
        fused: bool,
    ) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.head_dim = head_dim
        inner = num_heads * head_dim
        self.conv_proj = nn.Sequential(
            nn.Conv2d(
                channels,
                channels,
                kernel_size,
                stride,
                padding=kernel_size // 2,
                groups=channels,
                bias=False,
            ),
            nn.BatchNorm2d(channels),
        )
        self.pwise = nn.Sequential(nn.Conv2d(channels, 3 * inner, 1, bias=False))
        self.o_proj = nn.Identity() if fused else nn.Conv2d(inner, channels, 1)
        self.upsampling = nn.ConvTranspose2d(
            inner if fused else channels,
            channels,
            kernel_size=2 * stride if stride > 1 else 3,
            stride=stride,
            padding=stride // 2 if stride > 1 else 1,
            groups=1 if fused else channels,
        )

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        y = self.pwise(self.conv_proj(x))
        batch, _, rows, cols = y.shape
        y = y.reshape(batch, self.num_heads, 3 * self.head_dim, rows * cols).transpose(-1, -2)
        q, k, v = y.chunk(3, dim=-1)
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(self.head_dim), dim=-1)
        values = (weights @ v).transpose(-1, -2)
        values = values.reshape(batch, self.num_heads * self.head_dim, rows, cols)
        return self.upsampling(self.o_proj(values))[:, :, :height, :width]


def mlp(channels: int, hidden: int) -> nn.Sequential:
    """GroupNorm, 1x1 expansion, exact GELU, 1x1 projection."""
    return nn.Sequential(
        nn.GroupNorm(1, channels),
        nn.Conv2d(channels, hidden, 1),
        nn.GELU(),
        nn.Conv2d(hidden, channels, 1),
    )


class LowFormerBlock(nn.Module):
    """Attention residual, MLP residual and MBConv residual, under the key ``total``.

    Args:
        context: What comes before the MBConv (attention, MLP, both or an identity).
        local: The MBConv, fused or plain.
    """

    def __init__(self, context: nn.Module, local: nn.Module) -> None:
        super().__init__()
        self.total = nn.Sequential(context, Residual(local))

    def forward(self, x: Tensor) -> Tensor:
        return self.total(x)


class HiddenLinear(nn.Module):
    """The head's hidden layer: flatten, linear without bias, LayerNorm, hard-swish."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.linear = nn.Linear(in_features, out_features, bias=False)
        self.norm = nn.LayerNorm(out_features)
        self.act = nn.Hardswish()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.norm(self.linear(x.flatten(1))))


class Classifier(nn.Module):
    """The head's last layer, a linear with bias."""

    def __init__(self, in_features: int, num_classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(in_features, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x)
