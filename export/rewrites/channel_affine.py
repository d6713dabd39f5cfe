"""Scale and shift per channel, as Core ML's ``batch_norm``."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

EPSILON = 1e-5
"""What Core ML's ``batch_norm`` adds to the variance; it is taken off before."""


class ChannelAffine(nn.Module):
    """(x - mean) / std * weight + bias for each channel of [N, C, H, W].

    Left as a product and a sum, coremltools 9.0 fuses both into a ``batch_norm`` of variance 1
    without regard to its epsilon, which scales everything by 1 - 5e-6.

    Args:
        mean: Is subtracted, [C].
        std: Is divided by, [C].
        weight: Scale, [C], or None.
        bias: Shift, [C], or None.
    """

    mean: Tensor
    variance: Tensor

    def __init__(
        self, mean: Tensor, std: Tensor, weight: Tensor | None = None, bias: Tensor | None = None
    ) -> None:
        super().__init__()
        self.register_buffer("mean", mean.detach().clone())
        self.register_buffer("variance", std.detach() ** 2 - EPSILON)
        self.weight = nn.Parameter(weight.detach().clone()) if weight is not None else None
        self.bias = nn.Parameter(bias.detach().clone()) if bias is not None else None

    @classmethod
    def of(cls, weight: Tensor, bias: Tensor) -> ChannelAffine:
        """X * weight + bias."""
        return cls(torch.zeros_like(weight), torch.ones_like(weight), weight, bias)

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(x, self.mean, self.variance, self.weight, self.bias, eps=EPSILON)
