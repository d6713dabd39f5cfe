"""Bringing a pyramid's coarser level to a finer one's size."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional


class NearestUpsampling(nn.Module):
    """Repeats each place of a map as often as the wanted size asks for; it has no weights."""

    def forward(self, x: Tensor, size: Sequence[int]) -> Tensor:
        """A map [N, C, *size] of one that is not larger, [N, C, H, W]."""
        return functional.interpolate(x, list(size), mode="nearest")
