from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from lowformer_edge.errors import ExportError
from lowformer_edge.export.executorch.quantizer import RangesQuantizer


class Chain(nn.Module):
    """A convolution, as often as asked."""

    def __init__(self, calls: int) -> None:
        super().__init__()
        self.calls = calls
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, image: Tensor) -> Tensor:
        for _ in range(self.calls):
            image = self.conv(image)
        return image


@pytest.mark.parametrize(
    ("calls", "precisions", "reason"),
    [
        (2, {"conv": "int8-dynamic"}, "conv is called more than once"),
        (1, {"other": "int8-dynamic"}, "conv is no convolution or linear layer of the model"),
        (1, {"conv": "fp32", "other": "fp32"}, "no op belongs to other: torch.export left it out"),
    ],
)
def test_ops_and_modules_without_each_other_are_told_with_the_reason(
    calls: int, precisions: dict[str, str], reason: str
) -> None:
    graph = torch.export.export(Chain(calls), (torch.zeros(1, 3, 4, 4),)).module()
    with pytest.raises(ExportError, match=reason):
        RangesQuantizer(precisions, None).annotate(graph)
