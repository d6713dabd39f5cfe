"""Taking hidden channels out of a network, with the projections after them fitted again."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...artifact.preprocessing import Preprocessing
from ...artifact.samples import Samples
from ...calibration.watching import watched
from ...models.config import LowFormerConfig
from ...models.network import Network, build_network
from .elimination import Moments, eliminate
from .hidden_layer import MAIN, HiddenLayer, Link, chain, with_channels

BATCH = 16

ROWS = 16384
"""Places of all maps together that moments are taken from, if not more for wide layers."""

ROWS_PER_CHANNEL = 32

Channels = NDArray[np.intp]
"""Numbers of those that stay, in ascending order."""


@dataclasses.dataclass(frozen=True)
class ThinnedLayer:
    """A hidden layer with fewer channels, all other layers being whole.

    Attributes:
        kept: The channels that stay.
        state: The weights of its module, by name within it.
        error: Power of the error of what it projects, over the power of that.
    """

    kept: Channels
    state: Mapping[str, Tensor]
    error: float


def thin_layers(
    network: Network,
    images: Samples,
    preprocessing: Preprocessing,
    counts: Callable[[HiddenLayer], Sequence[int]],
    on_layer: Callable[[], object] = lambda: None,
) -> dict[HiddenLayer, dict[int, ThinnedLayer]]:
    """Thins each hidden layer alone.

    Args:
        network: The eager model, which is not changed.
        images: What projections are fitted on.
        preprocessing: Normalises them.
        counts: Numbers of channels that a layer is thinned to, each less than it has.
        on_layer: Called after each layer, for progress.

    Returns:
        By layer, then by the number of channels.
    """
    thinned: dict[HiddenLayer, dict[int, ThinnedLayer]] = {}
    batches = _batches(images, preprocessing)
    for link in chain(network.backbone):
        if link.layer is None:
            batches = [_run(link.module, batch) for batch in batches]
            continue
        layer = link.layer
        seen = [_see(link, layer, batch) for batch in batches]
        moments = _moments(layer, [(one.hidden, one.projected) for one in seen])
        wanted = sorted(counts(layer))
        order = eliminate(moments, wanted[0]) if wanted else None
        thinned[layer] = {}
        for count in wanted:
            assert order is not None
            kept = order.kept(count)
            state = _fitted(layer, link.module, kept, moments)
            error = float(order.errors[layer.channels - count])
            thinned[layer][count] = ThinnedLayer(kept, state, error)
        batches = [one.output for one in seen]
        on_layer()
    return thinned


def prune(
    network: Network,
    kept: Mapping[HiddenLayer, Channels],
    images: Samples,
    preprocessing: Preprocessing,
    on_layer: Callable[[], object] = lambda: None,
) -> Network:
    """A copy of a network with fewer hidden channels.

    From the first layer to the last, each projection is fitted to give what the whole network has
    at that place, from what the layers that were thinned before it give.

    Args:
        network: The eager model, which is not changed.
        kept: Channels that stay, by layer; layers that are left out keep all.
        images: What projections are fitted on.
        preprocessing: Normalises them.
        on_layer: Called after each layer, for progress.
    """
    config = with_channels(network.config, {layer: len(some) for layer, some in kept.items()})
    pruned = _without_weights(config)
    state = dict(network.state_dict())
    whole = thinner = _batches(images, preprocessing)
    for link in chain(network.backbone):
        layer = link.layer
        if layer is None or layer not in kept:
            follows = thinner is whole
            whole = [_run(link.module, batch) for batch in whole]
            thinner = whole if follows else [_run(link.module, batch) for batch in thinner]
            continue
        before = [_see(link, layer, batch) for batch in whole]
        after = before if thinner is whole else [_see(link, layer, batch) for batch in thinner]
        pairs = [(new.hidden, old.projected) for new, old in zip(after, before, strict=True)]
        fitted = _fitted(layer, link.module, kept[layer], _moments(layer, pairs))
        state |= {f"{layer.path}.{name}": value for name, value in fitted.items()}
        thinned = _with_weights(pruned.get_submodule(link.path), fitted)
        thinner = [_run(thinned, batch) for batch in thinner]
        whole = [one.output for one in before]
        on_layer()
    pruned.load_state_dict(state, assign=True)
    return pruned.requires_grad_(False)


@contextlib.contextmanager
def thinned(network: Network, layer: HiddenLayer, thin: ThinnedLayer) -> Iterator[None]:
    """Lets a network have a thinned layer for as long as the context lasts."""
    smaller = _without_weights(with_channels(network.config, {layer: len(thin.kept)}))
    holder, _, name = layer.path.rpartition(".")
    whole = network.get_submodule(layer.path)
    replacement = smaller.get_submodule(layer.path)
    replacement.load_state_dict(dict(thin.state), assign=True)
    setattr(network.get_submodule(holder), name, replacement)
    try:
        yield
    finally:
        setattr(network.get_submodule(holder), name, whole)


def with_thinned(network: Network, thin: Mapping[HiddenLayer, ThinnedLayer]) -> Network:
    """A copy of a network with layers that were thinned alone."""
    smaller = _without_weights(
        with_channels(network.config, {layer: len(one.kept) for layer, one in thin.items()})
    )
    state = dict(network.state_dict())
    for layer, one in thin.items():
        state |= {f"{layer.path}.{name}": value for name, value in one.state.items()}
    smaller.load_state_dict(state, assign=True)
    return smaller.requires_grad_(False)


def _without_weights(config: LowFormerConfig) -> Network:
    """The network of a config, in evaluation mode, whose weights are still to come."""
    with torch.device("meta"):
        return build_network(config).eval()


def _with_weights(link: nn.Module, state: Mapping[str, Tensor]) -> nn.Module:
    """A link of the chain, its hidden layer with weights by their names in that."""
    link.load_state_dict({f"{MAIN}.{name}": value for name, value in state.items()}, assign=True)
    return link


def _fitted(
    layer: HiddenLayer, link: nn.Module, kept: Channels, moments: Moments
) -> dict[str, Tensor]:
    """The weights of a layer's module with fewer channels."""
    weights, shift = (torch.from_numpy(part).float() for part in moments.fit(kept))
    state = link.get_submodule(MAIN).state_dict()
    return layer.pruned_state(state, torch.from_numpy(kept), weights.T.contiguous(), shift)


@dataclasses.dataclass(frozen=True)
class _Seen:
    """What a link makes of a batch.

    Attributes:
        output: What it gives.
        hidden: What its projection takes, [N, C, H, W].
        projected: What that gives, before a norm.
    """

    output: Tensor
    hidden: Tensor
    projected: Tensor


@torch.no_grad()
def _run(module: nn.Module, batch: Tensor) -> Tensor:
    output = module(batch)
    assert isinstance(output, Tensor)
    return output


def _see(link: Link, layer: HiddenLayer, batch: Tensor) -> _Seen:
    seen: list[tuple[Tensor, Tensor]] = []

    def hook(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        seen.append((inputs[0], output))

    with watched(link.module, {f"{MAIN}.{layer.projection}": hook}):
        output = _run(link.module, batch)
    ((hidden, projected),) = seen
    return _Seen(output, hidden, projected)


def _moments(layer: HiddenLayer, pairs: Sequence[tuple[Tensor, Tensor]]) -> Moments:
    """Moments of hidden activations and of what they are to project, of places at random."""
    generator = torch.Generator().manual_seed(0)
    moments = Moments(layer.channels, pairs[0][1].shape[1])
    images = sum(len(hidden) for hidden, _ in pairs)
    most = -(-max(ROWS, ROWS_PER_CHANNEL * layer.channels) // images)
    for maps in pairs:
        hidden, projected = (one.flatten(2).transpose(1, 2) for one in maps)
        if hidden.shape[1] > most:
            places = torch.randperm(hidden.shape[1], generator=generator)[:most]
            hidden, projected = hidden[:, places], projected[:, places]
        moments.add(hidden.flatten(0, 1).numpy(), projected.flatten(0, 1).numpy())
    return moments


def _batches(images: Samples, preprocessing: Preprocessing) -> list[Tensor]:
    return [torch.from_numpy(batch) for batch in images.batches(preprocessing, BATCH)]
