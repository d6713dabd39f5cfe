"""A model that computes in half precision."""

from __future__ import annotations

import copy

from torch import Tensor, nn


class HalfPrecision(nn.Module):
    """Computes in float16 between a float32 input and a float32 output.

    Args:
        model: Rewritten for a format; a copy of it is taken.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = copy.deepcopy(model).half().eval()

    def forward(self, image: Tensor) -> Tensor:
        return self.model(image.half()).float()
