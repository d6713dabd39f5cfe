"""The classification head at rank 4, as the Neural Engine's layout has it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...models.blocks import Classifier, HiddenLinear
from .channel_affine import ChannelAffine
from .layer_norm import ChannelLayerNorm
from .module_tree import replace_modules
from .spatial_norm import spatial_mean


class PointwiseLinear(nn.Linear):
    """A linear layer over the channels of [N, C, H, W], computed as a 1x1 convolution."""

    @classmethod
    def of(cls, source: nn.Linear) -> PointwiseLinear:
        """The same layer for rank 4."""
        layer = cls(source.in_features, source.out_features, source.bias is not None)
        layer.weight, layer.bias = source.weight, source.bias
        return layer

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight[:, :, None, None], self.bias)


class KeptMean(nn.Module):
    """Mean over H and W that keeps them: [N, C, H, W] to [N, C, 1, 1]."""

    def forward(self, x: Tensor) -> Tensor:
        return spatial_mean(x)


class RankFourHidden(nn.Module):
    """The function of :class:`HiddenLinear` on [N, C, 1, 1]."""

    def __init__(self, source: HiddenLinear) -> None:
        super().__init__()
        self.linear = PointwiseLinear.of(source.linear)
        self.norm = ChannelLayerNorm(source.norm.eps)
        self.affine = ChannelAffine.of(source.norm.weight, source.norm.bias)
        self.act = source.act

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.affine(self.norm(self.linear(x))))


class RankFourClassifier(nn.Module):
    """The function of :class:`Classifier` on [N, C, 1, 1]; logits are [N, K]."""

    def __init__(self, source: Classifier) -> None:
        super().__init__()
        self.linear = PointwiseLinear.of(source.linear)

    def forward(self, x: Tensor) -> Tensor:
        return torch.flatten(self.linear(x), 1)


def rewrite_head_at_rank_four(model: nn.Module) -> nn.Module:
    """Replaces global average pooling, the hidden layer and the classifier."""

    def build(module: nn.Module) -> nn.Module | None:
        if isinstance(module, HiddenLinear):
            return RankFourHidden(module)
        if isinstance(module, Classifier):
            return RankFourClassifier(module)
        pools = isinstance(module, nn.AdaptiveAvgPool2d) and module.output_size in (1, (1, 1))
        return KeptMean() if pools else None

    return replace_modules(model, build)
