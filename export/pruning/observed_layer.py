"""What the projections of a hidden layer take and are to give."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...models.network import Network
from .chain import Link
from .elimination import Moments
from .hidden_layer import HiddenLayer
from .observation import Maps, moments_of, observe, rows_of

Seen = dict[str, Maps]
"""What convolutions take and give, by path."""


@dataclasses.dataclass(frozen=True)
class ObservedLayer:
    """What a layer's projections take and are to give.

    Attributes:
        moments: For each projection.
        values: Of a layer whose rank may be lower, what the activation takes, [rows, channels].
        wanted: What its projection is to give there, [rows, outputs].
    """

    moments: Sequence[Moments]
    values: Tensor = dataclasses.field(default_factory=lambda: torch.empty(0, 0))
    wanted: Tensor = dataclasses.field(default_factory=lambda: torch.empty(0, 0))


@dataclasses.dataclass(frozen=True)
class LinkRun:
    """What a link makes of a batch: what it gives, and what its projection takes and gives."""

    output: Tensor
    maps: Seen


def see(link: Link, layer: HiddenLayer, batch: Tensor) -> LinkRun:
    """Runs a link; see :func:`observed_layer` for its maps."""
    (projection,) = layer.projections
    path = projection.conv.removeprefix(f"{link.path}.")
    before = layer.spatial.norm.removeprefix(f"{link.path}.") if layer.spatial else path
    output, seen = observe(link.module, sorted({path, before}), batch)
    assert isinstance(output, Tensor)
    ((taken, given),) = seen[path]
    if layer.spatial:
        ((_, taken),) = seen[before]
    return LinkRun(output, {projection.conv: [(taken, given)]})


def see_all(network: Network, layers: Sequence[HiddenLayer], batch: Tensor) -> Seen:
    paths = {projection.conv for layer in layers for projection in layer.projections}
    return observe(network, sorted(paths), batch)[1]


def paired(taken: Seen, given: Seen) -> Seen:
    """What convolutions take of one network, and give in another."""
    return {
        path: [(new, old) for (new, _), (_, old) in zip(maps, given[path], strict=True)]
        for path, maps in taken.items()
    }


def observed_layer(network: Network, layer: HiddenLayer, batches: Sequence[Seen]) -> ObservedLayer:
    """What a layer's projections take and are to give.

    Args:
        network: The whole one.
        layer: The layer.
        batches: For each batch what its projections take, or what the activation before takes
            where the rank may be lower, and what they give.
    """
    maps = {
        projection.conv: [batch[projection.conv] for batch in batches]
        for projection in layer.projections
    }
    if layer.spatial:
        ((path, seen),) = maps.items()
        values, wanted = map(torch.cat, zip(*rows_of(_conv(network, path), seen), strict=True))
        return ObservedLayer(
            [moments_between(functional.hardswish(values), wanted)], values, wanted
        )
    return ObservedLayer([moments_of(_conv(network, path), seen) for path, seen in maps.items()])


def _conv(network: Network, path: str) -> nn.Conv2d:
    conv = network.get_submodule(path)
    assert isinstance(conv, nn.Conv2d)
    return conv


def moments_between(hidden: Tensor, wanted: Tensor) -> Moments:
    """Moments of rows of hidden activations, and of what they are to give."""
    moments = Moments(hidden.shape[1], wanted.shape[1])
    moments.add(hidden.numpy(), wanted.numpy())
    return moments
