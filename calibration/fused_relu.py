"""Convolutions that kernels compute together with the ReLU after them."""

from __future__ import annotations

from torch import nn

from ..models.heads.conv_module import ConvModule


def fused_relus(model: nn.Module) -> frozenset[str]:
    """Paths of the convolutions that nothing but a ReLU follows.

    What such an op gives is what comes after the ReLU, and so are the values to be rounded: a range
    that reached below 0 would spend steps on values that there are none of.

    Args:
        model: A rewritten eager model.
    """
    return frozenset(
        f"{path}.conv" if path else "conv"
        for path, module in model.named_modules()
        if isinstance(module, ConvModule)
        and isinstance(module.bn, nn.Identity)
        and isinstance(module.activate, nn.ReLU)
    )
