"""Transposed convolutions in forms that backends run fast."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .module_tree import replace_modules


def rewrite_transposed_conv(model: nn.Module) -> nn.Module:
    """Replaces stride-1 transposed convolutions by convolutions, and grouped ones by dense ones.

    A transposed convolution of stride 1 is the convolution with the kernel turned by 180
    degrees and input and output channels exchanged, padded by kernel - 1 - padding. Grouped
    ones of larger stride get a block-diagonal dense kernel: converters split them into one op
    per group, which costs more than the zeros.
    """

    def build(module: nn.Module) -> nn.Module | None:
        if isinstance(module, nn.ConvTranspose2d) and module.groups > 1:
            return as_dense(module)
        return None

    return replace_modules(rewrite_unit_stride(model), build)


def rewrite_unit_stride(model: nn.Module) -> nn.Module:
    """Replaces stride-1 transposed convolutions by convolutions, and leaves the others.

    For targets that have grouped transposed convolutions as one op.
    """

    def build(module: nn.Module) -> nn.Module | None:
        if isinstance(module, nn.ConvTranspose2d) and module.stride == (1, 1):
            return as_conv(module)
        return None

    return replace_modules(model, build)


class UnpaddedTransposedConv(nn.ConvTranspose2d):
    """A transposed convolution without padding, whose border is cut off after it."""

    @classmethod
    def of(cls, source: nn.ConvTranspose2d) -> UnpaddedTransposedConv:
        """The same function."""
        layer = cls(
            source.in_channels,
            source.out_channels,
            source.kernel_size,  # type: ignore[arg-type]
            source.stride,  # type: ignore[arg-type]
            source.padding,  # type: ignore[arg-type]
        )
        layer.weight, layer.bias = source.weight, source.bias
        return layer

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        whole = F.conv_transpose2d(x, self.weight, self.bias, self.stride)
        rows, cols = (int(padding) for padding in self.padding)
        return whole[:, :, rows : whole.shape[2] - rows, cols : whole.shape[3] - cols]


def rewrite_odd_stride(model: nn.Module) -> nn.Module:
    """Cuts the border off after dense transposed convolutions of odd stride.

    With a kernel of twice the stride these give a row more than the stride times the input's, so
    that their padding is neither of the two kinds that TFLite knows.
    """

    def build(module: nn.Module) -> nn.Module | None:
        if isinstance(module, nn.ConvTranspose2d) and module.stride[0] % 2 and module.groups == 1:
            return UnpaddedTransposedConv.of(module)
        return None

    return replace_modules(model, build)


@torch.no_grad()
def as_conv(source: nn.ConvTranspose2d) -> nn.Conv2d:
    """The convolution that equals a transposed convolution of stride 1."""
    kernel, padding = source.kernel_size[0], source.padding[0]
    conv = nn.Conv2d(
        source.in_channels,
        source.out_channels,
        kernel,
        padding=kernel - 1 - int(padding),
        groups=source.groups,
    )
    grouped = source.weight.reshape(source.groups, -1, *source.weight.shape[1:])
    turned = grouped.transpose(1, 2).flip(-2, -1).reshape(conv.weight.shape)
    conv.weight = nn.Parameter(turned.contiguous())
    assert source.bias is not None
    conv.bias = nn.Parameter(source.bias.clone())
    return conv


@torch.no_grad()
def as_dense(source: nn.ConvTranspose2d) -> nn.ConvTranspose2d:
    """The ungrouped transposed convolution with the same function."""
    dense = nn.ConvTranspose2d(
        source.in_channels,
        source.out_channels,
        source.kernel_size,  # type: ignore[arg-type]
        source.stride,  # type: ignore[arg-type]
        source.padding,  # type: ignore[arg-type]
    )
    blocks = source.weight.reshape(source.groups, -1, *source.weight.shape[1:])
    weight = source.weight.new_zeros(dense.weight.shape)
    inputs, outputs = blocks.shape[1:3]
    for group, block in enumerate(blocks):
        rows = slice(group * inputs, (group + 1) * inputs)
        weight[rows, group * outputs : (group + 1) * outputs] = block
    dense.weight = nn.Parameter(weight)
    assert source.bias is not None
    dense.bias = nn.Parameter(source.bias.clone())
    return dense
