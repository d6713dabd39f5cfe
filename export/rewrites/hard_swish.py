"""Hard-swish as two ops."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from .module_tree import replace_modules


class HardSwishProduct(nn.Module):
    """x * hard_sigmoid(x), with hard_sigmoid(x) = clip(x / 6 + 1/2, 0, 1).

    Core ML's own lowering of hard-swish clips x at -3 first, which changes nothing.
    """

    def forward(self, x: Tensor) -> Tensor:
        return x * F.hardsigmoid(x)


def rewrite_hard_swish(model: nn.Module) -> nn.Module:
    """Replaces each hard-swish by a product."""

    def build(module: nn.Module) -> nn.Module | None:
        return HardSwishProduct() if isinstance(module, nn.Hardswish) else None

    return replace_modules(model, build)
