"""GroupNorm with one group, in forms that stay in the channels-last layout."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from .module_tree import replace_modules


class GlobalNorm(nn.Module):
    """GroupNorm(1, C) without affine: normalisation over H, W and C of each image.

    Written as mean, difference and mean of squares over three axes, so that no layout or rank
    change is needed. The biased variance is taken from the centred values, which keeps
    precision where the mean is large.
    """

    def __init__(self, eps: float) -> None:
        super().__init__()
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        centred = x - x.mean((1, 2, 3), keepdim=True)
        variance = (centred * centred).mean((1, 2, 3), keepdim=True)
        return centred * torch.rsqrt(variance + self.eps)


class AffineGlobalNorm(nn.Module):
    """GroupNorm(1, C): :class:`GlobalNorm`, then scale and shift per channel.

    The scale is multiplied with the reciprocal deviation first, on C values only.
    """

    def __init__(self, weight: Tensor, bias: Tensor, eps: float) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(weight.detach().reshape(1, -1, 1, 1).clone())
        self.bias = nn.Parameter(bias.detach().reshape(1, -1, 1, 1).clone())

    def forward(self, x: Tensor) -> Tensor:
        centred = x - x.mean((1, 2, 3), keepdim=True)
        variance = (centred * centred).mean((1, 2, 3), keepdim=True)
        return centred * (torch.rsqrt(variance + self.eps) * self.weight) + self.bias


def rewrite_group_norm(model: nn.Module) -> nn.Module:
    """Replaces each GroupNorm(1, C) by means over three axes."""

    def form(norm: nn.GroupNorm, affine: bool) -> nn.Module:
        if affine:
            return AffineGlobalNorm(norm.weight, norm.bias, norm.eps)
        return GlobalNorm(norm.eps)

    return replace_group_norms(model, form)


def replace_group_norms(
    model: nn.Module, form: Callable[[nn.GroupNorm, bool], nn.Module]
) -> nn.Module:
    """Replaces each GroupNorm(1, C), folding its affine into the next convolution if it can.

    Before a convolution without padding (the MLP's) the whole affine folds:
    W' = W * gamma, b' = b + W beta. Before one that pads (the attention's) it stays, because
    the padding's zeros come after it.

    Args:
        model: Is changed in place.
        form: Makes the new module of a norm, with or without its scale and shift.
    """

    def build(module: nn.Module) -> nn.Module | None:
        if not isinstance(module, nn.Sequential) or len(module) == 0:
            return None
        norm = module[0]
        if not isinstance(norm, nn.GroupNorm) or norm.num_groups != 1:
            return None
        following = module[1]
        affine = True
        if isinstance(following, nn.Conv2d) and following.padding == (0, 0):
            fold_affine(norm, following)
            affine = False
        return nn.Sequential(form(norm, affine), *list(module)[1:])

    return replace_modules(model, build)


@torch.no_grad()
def fold_affine(norm: nn.GroupNorm, conv: nn.Conv2d) -> None:
    """Moves a norm's scale and shift into the dense, unpadded convolution after it."""
    assert conv.bias is not None
    assert conv.groups == 1
    conv.bias += conv.weight.sum((2, 3)) @ norm.bias
    conv.weight *= norm.weight.reshape(1, -1, 1, 1)
