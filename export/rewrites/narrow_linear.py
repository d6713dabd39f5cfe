"""Linear layers of one feature as layers of two."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from .module_tree import replace_modules


class PaddedLinear(nn.Linear):
    """A linear layer of one feature that computes with a second one, which is 0.

    Args:
        source: The layer of one feature.
    """

    def __init__(self, source: nn.Linear) -> None:
        super().__init__(2, source.out_features, device="meta")
        self.weight = nn.Parameter(F.pad(source.weight.detach(), (0, 1)))
        self.bias = source.bias

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(F.pad(x, (0, 1)))


def rewrite_narrow_linear(model: nn.Module) -> nn.Module:
    """Gives each linear layer of one feature a second one."""

    def build(module: nn.Module) -> nn.Module | None:
        if isinstance(module, nn.Linear) and module.in_features == 1:
            return PaddedLinear(module)
        return None

    return replace_modules(model, build)
