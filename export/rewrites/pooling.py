"""Global average pooling as a mean."""

from __future__ import annotations

from torch import Tensor, nn

from .module_tree import replace_modules


class SpatialMean(nn.Module):
    """Mean over H and W: [N, C, H, W] to [N, C], with no reshape after it."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3))


def rewrite_pooling(model: nn.Module) -> nn.Module:
    """Replaces global average pooling by a mean that drops the spatial axes."""

    def build(module: nn.Module) -> nn.Module | None:
        pools = isinstance(module, nn.AdaptiveAvgPool2d) and module.output_size in (1, (1, 1))
        return SpatialMean() if pools else None

    return replace_modules(model, build)
