"""Taking hidden channels out of a network, with the projections after them fitted again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...artifact.preprocessing import Preprocessing
from ...artifact.samples import Samples
from ...models.config import LowFormerConfig
from ...models.network import Network, build_network
from .chain import Link, chain
from .elimination import Moments, eliminate
from .head_layers import head_layers
from .hidden_layer import HiddenLayer, State
from .observation import Maps, moments_of, observe, run
from .widths import with_channels

BATCH = 16

HEAD_IMAGES = 64
"""Images that necks and heads are fitted on: each shows them thousands of places."""

Channels = NDArray[np.intp]
"""Numbers of those that stay, in ascending order."""


@dataclasses.dataclass(frozen=True)
class ThinnedLayer:
    """A hidden layer with fewer channels, all other layers being whole.

    Attributes:
        kept: The channels that stay.
        state: The weights of the network that differ from the whole one's, by name.
        error: Power of the error of what it projects, over the power of that.
    """

    kept: Channels
    state: State
    error: float


def hidden_layers(network: Network) -> list[HiddenLayer]:
    """All hidden layers, in the order in which they run."""
    backbone = [link.layer for link in chain(network.backbone) if link.layer]
    return backbone + [layer for group in head_layers(network.config) for layer in group]


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
    state = network.state_dict()
    for layer, moments in _moments_of_layers(network, images, preprocessing):
        wanted = sorted(counts(layer))
        thinned[layer] = {}
        if wanted:
            order = eliminate(moments, wanted[0], _columns(layer, moments))
            for count in wanted:
                kept = order.kept(count)
                error = float(order.errors[layer.channels - count])
                fitted = _fitted(layer, state, kept, moments)
                thinned[layer][count] = ThinnedLayer(kept, fitted, error)
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
    state = _backbone_state(network, kept, _batches(images, preprocessing), on_layer)
    few = _batches(images.first(HEAD_IMAGES), preprocessing)
    state = _head_state(network, state, kept, few, on_layer)
    return _with_state(with_channels(network.config, _counts(kept)), state)


def with_thinned(network: Network, layer: HiddenLayer, thin: ThinnedLayer) -> Network:
    """A copy of a network with a layer that was thinned alone."""
    config = with_channels(network.config, {layer: len(thin.kept)})
    return _with_state(config, {**network.state_dict(), **thin.state})


def narrowed(network: Network, kept: Mapping[HiddenLayer, Channels]) -> Network:
    """A copy of a network that is as fast as a pruned one, and gives something else.

    Args:
        network: The network.
        kept: Channels that stay, by layer; no projection is fitted.
    """
    state = dict(network.state_dict())
    for layer, some in kept.items():
        state |= layer.narrowed(state, torch.from_numpy(some))
    return _with_state(with_channels(network.config, _counts(kept)), state)


def _moments_of_layers(
    network: Network, images: Samples, preprocessing: Preprocessing
) -> Iterator[tuple[HiddenLayer, list[Moments]]]:
    """Each hidden layer with the moments of what its projections take and give."""
    batches = _batches(images, preprocessing)
    for link in chain(network.backbone):
        if link.layer is None:
            batches = [run(link.module, batch) for batch in batches]
            continue
        seen = [_see(link, link.layer, batch) for batch in batches]
        yield link.layer, _moments(network, link.layer, [one.maps for one in seen])
        batches = [one.output for one in seen]
    few = _batches(images.first(HEAD_IMAGES), preprocessing)
    for group in head_layers(network.config):
        maps = [_see_all(network, group, batch) for batch in few]
        for layer in group:
            yield layer, _moments(network, layer, maps)


def _backbone_state(
    network: Network,
    kept: Mapping[HiddenLayer, Channels],
    batches: list[Tensor],
    on_layer: Callable[[], object],
) -> dict[str, Tensor]:
    """All weights of a network whose backbone's layers are thinned."""
    state = dict(network.state_dict())
    links = chain(network.backbone)
    layers = {link.layer for link in links}
    of_backbone = {layer: some for layer, some in kept.items() if layer in layers}
    pruned = _without_weights(with_channels(network.config, _counts(of_backbone)))
    whole = thinner = batches
    for link in links:
        layer = link.layer
        if layer is None or layer not in kept:
            follows = thinner is whole
            whole = [run(link.module, batch) for batch in whole]
            thinner = whole if follows else [run(link.module, batch) for batch in thinner]
            continue
        before = [_see(link, layer, batch) for batch in whole]
        after = before if thinner is whole else [_see(link, layer, batch) for batch in thinner]
        pairs = [_paired(new.maps, old.maps) for new, old in zip(after, before, strict=True)]
        state |= _fitted(layer, state, kept[layer], _moments(network, layer, pairs))
        own = {
            name.removeprefix(f"{link.path}."): value
            for name, value in state.items()
            if name.startswith(f"{link.path}.")
        }
        module = pruned.get_submodule(link.path)
        module.load_state_dict(own, assign=True)
        thinner = [run(module, batch) for batch in thinner]
        whole = [one.output for one in before]
        on_layer()
    return state


def _head_state(
    network: Network,
    state: dict[str, Tensor],
    kept: Mapping[HiddenLayer, Channels],
    batches: list[Tensor],
    on_layer: Callable[[], object],
) -> dict[str, Tensor]:
    """All weights with those of a neck and head whose layers are thinned, too."""
    groups = [[layer for layer in group if layer in kept] for group in head_layers(network.config)]
    to_come = {layer for group in groups for layer in group}
    done = {layer: some for layer, some in kept.items() if layer not in to_come}
    for group in filter(None, groups):
        narrower = _with_state(with_channels(network.config, _counts(done)), state)
        pairs = [
            _paired(_see_all(narrower, group, batch), _see_all(network, group, batch))
            for batch in batches
        ]
        for layer in group:
            state = state | _fitted(layer, state, kept[layer], _moments(network, layer, pairs))
            done[layer] = kept[layer]
            on_layer()
    return state


def _counts(kept: Mapping[HiddenLayer, Channels]) -> dict[HiddenLayer, int]:
    return {layer: len(some) for layer, some in kept.items()}


def _without_weights(config: LowFormerConfig) -> Network:
    """The network of a config, in evaluation mode, whose weights are still to come."""
    with torch.device("meta"):
        return build_network(config).eval()


def _with_state(config: LowFormerConfig, state: State) -> Network:
    """The network of a config with these weights."""
    network = _without_weights(config)
    network.load_state_dict(dict(state), assign=True)
    return network.requires_grad_(False)


def _fitted(
    layer: HiddenLayer, state: State, kept: Channels, moments: Sequence[Moments]
) -> dict[str, Tensor]:
    """The weights that change where a layer has fewer channels."""
    columns = _columns(layer, moments)
    places = (kept[:, None] * columns + np.arange(columns)).ravel()
    fits = [tuple(torch.from_numpy(part).float() for part in one.fit(places)) for one in moments]
    return layer.fitted(state, torch.from_numpy(kept), [(one[0], one[1]) for one in fits])


def _columns(layer: HiddenLayer, moments: Sequence[Moments]) -> int:
    """What a projection takes of each channel: as many numbers as its kernel has places."""
    return (len(moments[0].hidden) - 1) // layer.channels


Seen = dict[str, Maps]
"""What convolutions take and give, by path."""


@dataclasses.dataclass(frozen=True)
class _Run:
    """What a link makes of a batch: what it gives, and what its projection takes and gives."""

    output: Tensor
    maps: Seen


def _see(link: Link, layer: HiddenLayer, batch: Tensor) -> _Run:
    (projection,) = layer.projections
    path = projection.conv.removeprefix(f"{link.path}.")
    output, seen = observe(link.module, [path], batch)
    assert isinstance(output, Tensor)
    return _Run(output, {projection.conv: seen[path]})


def _see_all(network: Network, layers: Sequence[HiddenLayer], batch: Tensor) -> Seen:
    paths = {projection.conv for layer in layers for projection in layer.projections}
    return observe(network, sorted(paths), batch)[1]


def _paired(taken: Seen, given: Seen) -> Seen:
    """What convolutions take of one network, and give in another."""
    return {
        path: [(new, old) for (new, _), (_, old) in zip(maps, given[path], strict=True)]
        for path, maps in taken.items()
    }


def _moments(network: Network, layer: HiddenLayer, batches: Sequence[Seen]) -> list[Moments]:
    """Moments for each projection of a layer."""
    moments = []
    for projection in layer.projections:
        conv = network.get_submodule(projection.conv)
        assert isinstance(conv, nn.Conv2d)
        moments.append(moments_of(conv, [batch[projection.conv] for batch in batches]))
    return moments


def _batches(images: Samples, preprocessing: Preprocessing) -> list[Tensor]:
    return [torch.from_numpy(batch) for batch in images.batches(preprocessing, BATCH)]
