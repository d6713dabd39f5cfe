"""Folding BatchNorm into the convolution before it."""

from __future__ import annotations

from typing import TypeGuard

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ...errors import UsageError
from ...models.blocks import ConvAttention, ConvLayer
from ...models.heads.conv_module import ConvModule


def fold_batch_norm(model: nn.Module) -> nn.Module:
    """Folds each BatchNorm's running statistics and affine into its convolution.

    W' = W * gamma / sqrt(var + eps), b' = (b - mean) * gamma / sqrt(var + eps) + beta.
    Where a BatchNorm stood there is an identity, so that module paths stay the same.

    Raises:
        UsageError: A BatchNorm cannot be folded; left as it is, it would cost ops of its own and
            stand where formats look for a convolution's output.
    """
    model.apply(_fold)
    for path, module in model.named_modules():
        if isinstance(module, _BatchNorm):
            raise UsageError(
                f"model: {path}, a {type(module).__name__}, cannot be folded into a convolution:"
                f" {_reason(module)}"
            )
    return model


def _reason(norm: _BatchNorm) -> str:
    """Why a BatchNorm was left, and what to do."""
    if norm.running_mean is None:
        return "it keeps no running mean and variance; train with track_running_stats"
    return "it stands in no block of ours right after one; build the model of our blocks"


def _fold(module: nn.Module) -> None:
    """Folds the BatchNorm of a block that has one."""
    if isinstance(module, ConvLayer) and _is_constant(module.norm):
        module.conv = fuse_conv_bn_eval(module.conv, module.norm)
        module.norm = nn.Identity()
    elif isinstance(module, ConvModule) and _is_constant(module.bn):
        module.conv = fuse_conv_bn_eval(module.conv, module.bn)
        module.bn = nn.Identity()
    elif isinstance(module, ConvAttention):
        conv, norm = module.conv_proj
        if isinstance(conv, nn.Conv2d) and _is_constant(norm):
            module.conv_proj = nn.Sequential(fuse_conv_bn_eval(conv, norm), nn.Identity())


def _is_constant(module: nn.Module) -> TypeGuard[_BatchNorm]:
    """Whether it is a BatchNorm, of whatever kind, that does the same to each image."""
    return isinstance(module, _BatchNorm) and module.running_mean is not None
