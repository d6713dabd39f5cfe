"""How many multiply-accumulates and parameters a model has."""

from __future__ import annotations

import dataclasses

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


@dataclasses.dataclass(frozen=True)
class Complexity:
    """What a model's size is usually told by.

    Attributes:
        macs: Multiply-accumulates of one image in convolutions, linear layers and products of
            matrices; nothing else counts, as in the papers.
        params: Numbers that are trained; running statistics are not.
    """

    macs: int
    params: int


def complexity(model: nn.Module, input_size: int) -> Complexity:
    """Counts for one image; a model on the meta device is as good as any.

    Args:
        model: Takes [N, 3, H, W].
        input_size: H and W.
    """
    params = sum(parameter.numel() for parameter in model.parameters())
    device = next(model.parameters()).device
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        model.eval()(torch.zeros(1, 3, input_size, input_size, device=device))
    # The counter takes a multiplication and an addition as two.
    return Complexity(counter.get_total_flops() // 2, params)
