"""Folding BatchNorm into the convolution before it."""

from __future__ import annotations

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ...models.blocks import ConvAttention, ConvLayer


def fold_batch_norm(model: nn.Module) -> nn.Module:
    """Folds each BatchNorm's running statistics and affine into its convolution.

    W' = W * gamma / sqrt(var + eps), b' = (b - mean) * gamma / sqrt(var + eps) + beta.
    Where a BatchNorm stood there is an identity, so that module paths stay the same.
    """

    def fold(module: nn.Module) -> None:
        if isinstance(module, ConvLayer) and isinstance(module.norm, nn.BatchNorm2d):
            module.conv = fuse_conv_bn_eval(module.conv, module.norm)
            module.norm = nn.Identity()
        elif isinstance(module, ConvAttention):
            conv, norm = module.conv_proj
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                module.conv_proj = nn.Sequential(fuse_conv_bn_eval(conv, norm), nn.Identity())

    model.apply(fold)
    return model
