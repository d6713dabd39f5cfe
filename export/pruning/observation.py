"""What projections take and give, as the moments that channels are chosen by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...calibration.watching import watched
from .elimination import Moments

ROWS = 16384
"""Places of all maps together that moments are taken from, if not more for wide layers."""

ROWS_PER_WEIGHT = 32
"""For each weight of an output channel, along one side of the kernel."""

Maps = list[tuple[Tensor, Tensor]]
"""What a convolution takes, [N, C, H, W], and gives, [N, O, h, w], for each of its runs."""


@torch.no_grad()
def run(module: nn.Module, batch: Tensor) -> Tensor:
    """What a module with one output gives."""
    output = module(batch)
    assert isinstance(output, Tensor)
    return output


@torch.no_grad()
def observe(
    model: nn.Module, convs: Sequence[str], batch: Tensor
) -> tuple[object, dict[str, Maps]]:
    """Runs a batch through a model.

    Args:
        model: The model.
        convs: Paths of convolutions in it.
        batch: Its input.

    Returns:
        Its output, and what each convolution takes and gives.
    """
    seen: dict[str, Maps] = {path: [] for path in convs}
    hooks = {
        path: lambda _, inputs, output, path=path: seen[path].append((inputs[0], output))
        for path in convs
    }
    with watched(model, hooks):
        return model(batch), seen


def rows_of(conv: nn.Conv2d, batches: Sequence[Maps]) -> Iterator[tuple[Tensor, Tensor]]:
    """What a convolution takes and what it is to give, at places drawn at random.

    Args:
        conv: The convolution, as it is where the maps that it takes come from.
        batches: Of each batch of images the maps that it takes there, with those that it is to
            give.

    Yields:
        Of some images, [rows, C * kernel rows * kernel columns] and [rows, O].
    """
    generator = torch.Generator().manual_seed(0)
    images = sum(len(maps[0][0]) for maps in batches)
    most = -(-max(ROWS, ROWS_PER_WEIGHT * conv.in_channels * conv.kernel_size[0]) // images)
    for maps in batches:
        total = sum(given.shape[2:].numel() for _, given in maps)
        for taken, given in maps:
            places = torch.arange(given.shape[2:].numel())
            if total > most:
                count = -(-most * len(places) // total)
                places = torch.randperm(len(places), generator=generator)[:count]
            rows = _patches(conv, taken, places, given.shape[3])
            wanted = given.flatten(2).transpose(1, 2)[:, places]
            yield rows.flatten(0, 1), wanted.flatten(0, 1)


def moments_of(conv: nn.Conv2d, batches: Sequence[Maps]) -> Moments:
    """Moments of what a convolution takes and of what it is to give, see :func:`rows_of`."""
    moments = Moments(conv.in_channels * conv.kernel_size[0] ** 2, conv.out_channels)
    for rows, wanted in rows_of(conv, batches):
        moments.add(rows.numpy(), wanted.numpy())
    return moments


def _patches(conv: nn.Conv2d, taken: Tensor, places: Tensor, columns: int) -> Tensor:
    """What a convolution's kernel sees at some places of its output.

    Args:
        conv: The convolution.
        taken: What it takes, [N, C, H, W].
        places: Numbers of places, by row.
        columns: Of a row.

    Returns:
        [N, places, C * kernel rows * kernel columns].
    """
    (side, _), (stride, _) = conv.kernel_size, conv.stride
    border = side // 2
    padded = functional.pad(taken, [border] * 4)
    tops, lefts = places // columns * stride, places % columns * stride
    seen = [
        padded[:, :, tops + row, lefts + column] for row in range(side) for column in range(side)
    ]
    return torch.stack(seen, -1).transpose(1, 2).flatten(2)
