"""Attention with heads split in the channels-last layout."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ..models.blocks import ConvAttention
from .module_tree import replace_modules


class ChannelsLastAttention(nn.Module):
    """The function of :class:`ConvAttention` with as few layout changes as possible.

    One 1x1 convolution gives q, k and v of all heads, in the order q of each head, k of each
    head, v of each head, with the softmax's scale 1 / sqrt(head_dim) folded into q. One
    reshape and one transpose then put heads before positions, so that q, k and v are
    contiguous thirds. The matrix products have rank 3, the only rank that converters do not
    wrap in reshapes.
    """

    def __init__(self, attention: ConvAttention) -> None:
        super().__init__()
        self.num_heads = attention.num_heads
        self.head_dim = attention.head_dim
        self.conv_proj = attention.conv_proj
        self.pwise = qkv_by_kind(attention)
        self.o_proj = attention.o_proj
        self.upsampling = attention.upsampling

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        y = self.pwise(self.conv_proj(x)).permute(0, 2, 3, 1)
        batch, rows, cols, _ = y.shape
        q, k, v = self._heads(y)
        values = torch.softmax(q @ k.transpose(-1, -2), dim=-1) @ v
        if batch == 1:
            values = values.permute(1, 0, 2)
        else:
            values = values.reshape(batch, self.num_heads, rows * cols, self.head_dim)
            values = values.permute(0, 2, 1, 3)
        values = values.reshape(batch, rows, cols, self.num_heads * self.head_dim)
        out = self.upsampling(self.o_proj(values.permute(0, 3, 1, 2)))
        if out.shape[-2:] == (height, width):
            return out
        return out[:, :, :height, :width]

    def _heads(self, y: Tensor) -> tuple[Tensor, ...]:
        """q, k and v, each [N * heads, H * W, head_dim], of [N, H, W, 3 * heads * head_dim]."""
        batch, positions = y.shape[0], y.shape[1] * y.shape[2]
        if batch == 1:
            y = y.reshape(positions, 3 * self.num_heads, self.head_dim).permute(1, 0, 2)
            return torch.split(y, self.num_heads)
        y = y.reshape(batch, positions, 3 * self.num_heads, self.head_dim).permute(0, 2, 1, 3)
        return tuple(
            part.reshape(batch * self.num_heads, positions, self.head_dim)
            for part in torch.split(y, self.num_heads, dim=1)
        )


@torch.no_grad()
def qkv_by_kind(attention: ConvAttention) -> nn.Conv2d:
    """The 1x1 convolution with its output channels ordered by kind, then by head."""
    source = attention.pwise[0]
    assert isinstance(source, nn.Conv2d)
    heads, dim = attention.num_heads, attention.head_dim
    weight = source.weight.reshape(heads, 3, dim, source.in_channels).transpose(0, 1).clone()
    weight[0] /= math.sqrt(dim)
    conv = nn.Conv2d(source.in_channels, source.out_channels, 1, bias=False)
    conv.weight = nn.Parameter(weight.reshape(source.weight.shape))
    return conv


def rewrite_attention(model: nn.Module) -> nn.Module:
    """Replaces each attention by its channels-last form."""

    def build(module: nn.Module) -> nn.Module | None:
        return ChannelsLastAttention(module) if isinstance(module, ConvAttention) else None

    return replace_modules(model, build)
