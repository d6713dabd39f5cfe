"""GroupNorm with one group as a LayerNorm over C, H and W, which Core ML has as one op.

Core ML's own lowering of GroupNorm goes through rank 5 and squares activations in half
precision, where anything past 255 overflows.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from .channel_affine import ChannelAffine
from .group_norm import replace_group_norms


class ChannelLayerNorm(nn.Module):
    """Normalisation over C, H and W of each image [N, C, H, W], without scale and shift."""

    def __init__(self, eps: float) -> None:
        super().__init__()
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, x.shape[1:], eps=self.eps)


def rewrite_group_norm_as_layer_norm(model: nn.Module) -> nn.Module:
    """Replaces each GroupNorm(1, C) by a LayerNorm over C, H and W."""

    def form(norm: nn.GroupNorm, affine: bool) -> nn.Module:
        plain = ChannelLayerNorm(norm.eps)
        return nn.Sequential(plain, ChannelAffine.of(norm.weight, norm.bias)) if affine else plain

    return replace_group_norms(model, form)
