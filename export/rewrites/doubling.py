"""Repeating each place of a map twice each way, in ops that delegates take.

A pyramid's coarser level has half the places of the finer one, rounded up, so that the nearest of
its places is that of the doubled map; what is too much at the lower and right border is cut off.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...errors import UsageError
from ...models.heads.fpn import FPN


class Doubling(nn.Module, abc.ABC):
    """The function of :class:`NearestUpsampling` where the wanted size is twice the map's.

    One that is twice the map's less one is as good.
    """

    def forward(self, x: Tensor, size: Sequence[int]) -> Tensor:
        height, width = size
        if any(2 * had - side not in (0, 1) for had, side in zip(x.shape[2:], size, strict=True)):
            raise UsageError(
                f"model: a level of {tuple(x.shape[2:])} cannot be doubled to {(height, width)};"
                " give maps each of which has half the places of the one before, rounded up"
            )
        doubled = self.repeat(x)
        if doubled.shape[2:] == (height, width):
            return doubled
        return doubled[:, :, :height, :width]

    @abc.abstractmethod
    def repeat(self, x: Tensor) -> Tensor:
        """A map [N, C, 2 * H, 2 * W] of [N, C, H, W]."""


class ConcatenatedDoubling(Doubling):
    """Doubles by writing each place twice, then each row, in the channels-last layout.

    Each concatenation puts a copy beside what it copies, and a reshape makes that the next place
    or row.
    """

    def repeat(self, x: Tensor) -> Tensor:
        batch, channels, height, width = x.shape
        y = x.permute(0, 2, 3, 1)
        y = torch.cat((y, y), 3).reshape(batch, height, 1, 2 * width * channels)
        y = torch.cat((y, y), 2).reshape(batch, 2 * height, 2 * width, channels)
        return y.permute(0, 3, 1, 2)


class TransposedConvDoubling(Doubling):
    """Doubles by a transposed convolution of each channel with four ones.

    The ones are a buffer: made on the fly they would be an op outside the delegate. They are no
    module's weights, so that the op stays in float in quantized files, where it is exact.

    Args:
        like: Of as many channels [C, ...] and of the type.
    """

    ones: Tensor

    def __init__(self, like: Tensor) -> None:
        super().__init__()
        self.register_buffer("ones", like.detach().new_ones(len(like), 1, 2, 2))

    def repeat(self, x: Tensor) -> Tensor:
        return F.conv_transpose2d(x, self.ones, stride=2, groups=len(self.ones))


def rewrite_doubling_as_concatenation(model: nn.Module) -> nn.Module:
    """Has each pyramid double its levels by concatenations."""
    return _rewritten(model, lambda like: ConcatenatedDoubling())


def rewrite_doubling_as_transposed_conv(model: nn.Module) -> nn.Module:
    """Has each pyramid double its levels by a transposed convolution."""
    return _rewritten(model, TransposedConvDoubling)


def _rewritten(model: nn.Module, form: Callable[[Tensor], Doubling]) -> nn.Module:
    for module in model.modules():
        if isinstance(module, FPN):
            module.add_module("upsampling", form(next(module.fpn_convs.parameters())))
    return model
