from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from lowformer_edge.benchmarks.complexity import complexity


class Attention(nn.Module):
    """Sums the products of an image's three colours with each other."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(2)
        return self.scale * flat @ flat.transpose(1, 2) @ flat


@pytest.mark.parametrize(
    ("model", "macs", "params"),
    [
        (nn.Conv2d(3, 5, 3, 2, 1), 5 * 4 * 4 * 3 * 9, 5 * 3 * 9 + 5),
        (nn.Conv2d(3, 6, 3, 1, 1, groups=3, bias=False), 6 * 8 * 8 * 9, 6 * 9),
        (nn.ConvTranspose2d(3, 2, 4, 2, 1), 3 * 8 * 8 * 2 * 16, 3 * 2 * 16 + 2),
        (nn.Sequential(nn.Flatten(), nn.Linear(192, 7)), 192 * 7, 192 * 7 + 7),
        (nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4)), 4 * 3 * 64, 4 * 3 + 4 + 8),
        (Attention(), 2 * 3 * 3 * 64, 1),
    ],
    ids=["conv", "depthwise", "transposed", "linear", "norms are free", "matmul"],
)
def test_counts_by_hand(model: nn.Module, macs: int, params: int) -> None:
    found = complexity(model, 8)
    assert (found.macs, found.params) == (macs, params)
