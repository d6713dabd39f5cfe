"""Attention in forms that converters lower with few layout changes."""

from __future__ import annotations

import abc
import math

import torch
from torch import Tensor, nn

from ...models.blocks import ConvAttention
from .module_tree import replace_modules


class FusedAttention(nn.Module, abc.ABC):
    """The function of :class:`ConvAttention`, with heads split once for q, k and v together.

    One 1x1 convolution gives q, k and v of all heads, in the order q of each head, k of each
    head, v of each head, with the softmax's scale 1 / sqrt(head_dim) folded into q, so that q,
    k and v are contiguous thirds. The matrix products have rank 3, the only rank that
    converters do not wrap in reshapes.
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
        values = self.attend(self.pwise(self.conv_proj(x)))
        out = self.upsampling(self.o_proj(values))
        if out.shape[-2:] == (height, width):
            return out
        return out[:, :, :height, :width]

    @abc.abstractmethod
    def attend(self, y: Tensor) -> Tensor:
        """Values [N, heads * head_dim, H, W] of q, k and v [N, 3 * heads * head_dim, H, W]."""


class ChannelsLastAttention(FusedAttention):
    """Heads split in the channels-last layout, for converters that keep it throughout."""

    def attend(self, y: Tensor) -> Tensor:
        y = y.permute(0, 2, 3, 1)
        batch, rows, cols, _ = y.shape
        q, turned_k, v = self._factors(y)
        values = torch.bmm(torch.softmax(torch.bmm(q, turned_k), dim=-1), v)
        if batch == 1:
            values = values.permute(1, 0, 2)
        else:
            values = values.reshape(batch, self.num_heads, rows * cols, self.head_dim)
            values = values.permute(0, 2, 1, 3)
        values = values.reshape(batch, rows, cols, self.num_heads * self.head_dim)
        return values.permute(0, 3, 1, 2)

    def _factors(self, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """q, transposed k and v of [N, H, W, 3 * heads * head_dim]."""
        if y.shape[0] * self.num_heads == 1:
            return self._factors_of_one_head(y.reshape(1, -1, y.shape[-1]))
        q, k, v = self._heads(y)
        return q, k.transpose(-1, -2), v

    def _factors_of_one_head(self, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The same of [1, H * W, 3 * head_dim].

        A product of two matrices whose right one is transposed becomes a FULLY_CONNECTED without
        constant weights, which no delegate takes. So all is transposed before it is cut.
        """
        q, _, v = thirds(y, axis=2)
        _, turned_k, _ = thirds(y.transpose(-1, -2), axis=1)
        return q, turned_k, v

    def _heads(self, y: Tensor) -> tuple[Tensor, ...]:
        """q, k and v, each [N * heads, H * W, head_dim], of [N, H, W, 3 * heads * head_dim]."""
        batch, positions = y.shape[0], y.shape[1] * y.shape[2]
        if batch == 1:
            y = y.reshape(positions, 3 * self.num_heads, self.head_dim).permute(1, 0, 2)
            return thirds(y, axis=0)
        y = y.reshape(batch, positions, 3 * self.num_heads, self.head_dim).permute(0, 2, 1, 3)
        return tuple(
            part.reshape(batch * self.num_heads, positions, self.head_dim)
            for part in thirds(y, axis=1)
        )


class ChannelsFirstAttention(FusedAttention):
    """Heads split in the channels-first layout, where that needs no transpose at all.

    k is the right factor of q^T k as it comes, and v the left one of v a^T, which is the values
    in channels-first order again.
    """

    def attend(self, y: Tensor) -> Tensor:
        q, k, v = self._heads(y)
        attention = torch.softmax(torch.bmm(q.transpose(-1, -2), k), dim=-1)
        values = torch.bmm(v, attention.transpose(-1, -2))
        return values.reshape(y.shape[0], self.num_heads * self.head_dim, *y.shape[2:])

    def _heads(self, y: Tensor) -> tuple[Tensor, ...]:
        """q, k and v, each [N * heads, head_dim, H * W]."""
        batch, positions = y.shape[0], y.shape[2] * y.shape[3]
        if isinstance(batch, int) and batch == 1:
            return thirds(y.reshape(3 * self.num_heads, self.head_dim, positions), axis=0)
        y = y.reshape(batch, 3 * self.num_heads, self.head_dim, positions)
        return tuple(
            part.reshape(batch * self.num_heads, self.head_dim, positions)
            for part in thirds(y, axis=1)
        )


class RankFourAttention(FusedAttention):
    """Heads split in the channels-first layout at rank 4, as Core ML's Neural Engine has it.

    The products are written so that a converter with flags for transposed factors needs no
    transpose.
    """

    def attend(self, y: Tensor) -> Tensor:
        batch, _, rows, cols = y.shape
        heads = y.reshape(batch, 3 * self.num_heads, self.head_dim, rows * cols)
        q, k, v = heads.chunk(3, dim=1)
        attention = torch.softmax(torch.matmul(q.transpose(-1, -2), k), dim=-1)
        values = torch.matmul(v, attention.transpose(-1, -2))
        return values.reshape(batch, self.num_heads * self.head_dim, rows, cols)


def thirds(x: Tensor, axis: int) -> tuple[Tensor, ...]:
    """The three equal parts of a tensor along an axis, as slices."""
    length = x.shape[axis] // 3
    return tuple(x.narrow(axis, part * length, length) for part in range(3))


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
    return _rewritten(model, ChannelsLastAttention)


def rewrite_attention_channels_first(model: nn.Module) -> nn.Module:
    """Replaces each attention by its channels-first form."""
    return _rewritten(model, ChannelsFirstAttention)


def rewrite_attention_at_rank_four(model: nn.Module) -> nn.Module:
    """Replaces each attention by its form at rank 4."""
    return _rewritten(model, RankFourAttention)


def _rewritten(model: nn.Module, form: type[FusedAttention]) -> nn.Module:
    def build(module: nn.Module) -> nn.Module | None:
        return form(module) if isinstance(module, ConvAttention) else None

    return replace_modules(model, build)
