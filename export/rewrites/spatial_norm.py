"""Norms written with means over H and W alone, the only ones that ExecuTorch's XNNPACK takes.

A mean over channels is a 1x1 convolution with equal weights, which keeps the channels-last
layout; a view to other axes would be wrapped in transposes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .group_norm import replace_group_norms
from .module_tree import replace_modules


def spatial_mean(x: Tensor) -> Tensor:
    """Mean over H and W: [N, C, H, W] to [N, C, 1, 1]."""
    return x.mean((2, 3), keepdim=True)


class SpatialGlobalNorm(nn.Module):
    """GroupNorm(1, C).

    The mean of the means of equally many values is the mean of all. Epsilon is the bias of the
    convolution that averages the squares, and the scale is the weight of one that spreads the
    reciprocal deviation over the channels: as operands of their own both would be transposed.

    Args:
        norm: The norm.
        affine: Whether to keep its scale and shift per channel.
    """

    average: Tensor
    epsilon: Tensor

    def __init__(self, norm: nn.GroupNorm, affine: bool) -> None:
        super().__init__()
        channels = norm.num_channels
        self.register_buffer("average", norm.weight.new_full((1, channels, 1, 1), 1 / channels))
        self.register_buffer("epsilon", norm.weight.new_full((1,), norm.eps))
        self.gamma = _parameter(norm.weight, (-1, 1, 1, 1)) if affine else None
        self.beta = _parameter(norm.bias, (1, -1, 1, 1)) if affine else None

    def forward(self, x: Tensor) -> Tensor:
        centred = x - F.conv2d(spatial_mean(x), self.average)
        variance = spatial_mean(centred * centred)
        scale = torch.rsqrt(F.conv2d(variance, self.average, self.epsilon))
        if self.gamma is None or self.beta is None:
            return centred * scale
        return centred * F.conv2d(scale, self.gamma) + self.beta


def _parameter(values: Tensor, shape: tuple[int, ...]) -> nn.Parameter:
    return nn.Parameter(values.detach().reshape(shape).clone())


class LinearLayerNorm(nn.Module):
    """LayerNorm over the features of [N, F], with means as linear layers of equal weights."""

    average: Tensor
    epsilon: Tensor

    def __init__(self, norm: nn.LayerNorm) -> None:
        super().__init__()
        (features,) = norm.normalized_shape
        self.register_buffer("average", norm.weight.new_full((1, features), 1 / features))
        self.register_buffer("epsilon", norm.weight.new_full((1,), norm.eps))
        self.gamma = _parameter(norm.weight, (-1,))
        self.beta = _parameter(norm.bias, (-1,))

    def forward(self, x: Tensor) -> Tensor:
        centred = x - F.linear(x, self.average)
        scale = torch.rsqrt(F.linear(centred * centred, self.average, self.epsilon))
        return centred * scale * self.gamma + self.beta


class SpatialPooling(nn.Module):
    """Mean over H and W: [N, C, H, W] to [N, C], as a mean and a view."""

    def forward(self, x: Tensor) -> Tensor:
        return spatial_mean(x).reshape(x.shape[:2])


def rewrite_spatial_group_norm(model: nn.Module) -> nn.Module:
    """Replaces each GroupNorm(1, C) by means over H and W."""
    return replace_group_norms(model, SpatialGlobalNorm)


def rewrite_layer_norm(model: nn.Module) -> nn.Module:
    """Replaces each LayerNorm over the last axis."""

    def build(module: nn.Module) -> nn.Module | None:
        return LinearLayerNorm(module) if isinstance(module, nn.LayerNorm) else None

    return replace_modules(model, build)


def rewrite_spatial_pooling(model: nn.Module) -> nn.Module:
    """Replaces global average pooling."""

    def build(module: nn.Module) -> nn.Module | None:
        pools = isinstance(module, nn.AdaptiveAvgPool2d) and module.output_size in (1, (1, 1))
        return SpatialPooling() if pools else None

    return replace_modules(model, build)
