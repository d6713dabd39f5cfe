"""Repeating each place of a map twice each way, in ops that delegates take.

A pyramid's coarser level has half the places of the finer one, rounded up, so that the nearest of
its places is that of the doubled map; what is too much at the lower and right border is cut off.
"""

from __future__ import annotations

import abc
import copy
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...errors import UsageError
from ...models.heads.fpn import FPN
from ...models.heads.upsampling import NearestUpsampling

GROUP_WIDTH = 16
"""Most channels of a group in :class:`TransposedConvDoubling`: XNNPACK's float kernels compute 8 to
32 at once. Wider groups are no faster, on ARM slower, and their zeros take room in the file."""


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
    """Doubles by a transposed convolution whose kernel copies each channel to four places.

    Channels are convolved in groups, by identity matrices: XNNPACK computes many output channels
    at once, and with a group for each of them it would throw all but one away. The kernel is a
    buffer: made on the fly it would be an op outside the delegate. It is no module's weights, so
    that the op stays in float in quantized files, where it is exact.

    Args:
        like: Of as many channels [C, ...] and of the type.
    """

    kernel: Tensor

    def __init__(self, like: Tensor) -> None:
        super().__init__()
        channels = len(like)
        width = max(width for width in range(1, GROUP_WIDTH + 1) if channels % width == 0)
        identity = torch.eye(width, dtype=like.dtype, device=like.device)
        kernel = identity.repeat(channels // width, 1)[:, :, None, None].repeat(1, 1, 2, 2)
        self.register_buffer("kernel", kernel)

    def repeat(self, x: Tensor) -> Tensor:
        groups = x.shape[1] // self.kernel.shape[1]
        return F.conv_transpose2d(x, self.kernel, stride=2, groups=groups)


def rewrite_doubling_as_concatenation(model: nn.Module) -> nn.Module:
    """Has each pyramid double its levels by concatenations."""
    return _rewritten(model, lambda like: ConcatenatedDoubling())


def rewrite_doubling_as_transposed_conv(model: nn.Module) -> nn.Module:
    """Has each pyramid double its levels by a transposed convolution."""
    return _rewritten(model, TransposedConvDoubling)


def restore_resize(model: nn.Module) -> nn.Module:
    """A copy of a rewritten model whose pyramids resize their levels, by one op.

    Raises:
        UsageError: It has no pyramid.
    """
    copied = copy.deepcopy(model)
    pyramids = [module for module in copied.modules() if isinstance(module, FPN)]
    if not pyramids:
        raise UsageError(
            "upsampling is a detector's or segmenter's, and this model has none; leave it out"
        )
    for pyramid in pyramids:
        pyramid.add_module("upsampling", NearestUpsampling())
    return copied


def _rewritten(model: nn.Module, form: Callable[[Tensor], Doubling]) -> nn.Module:
    for module in model.modules():
        if isinstance(module, FPN):
            module.add_module("upsampling", form(next(module.fpn_convs.parameters())))
    return model
