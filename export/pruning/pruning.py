"""Taking hidden channels out of a network, with the projections after them fitted again.

What makes hidden channels by a 3x3 convolution may have a lower rank, too; see :mod:`.low_rank`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import torch
from torch import Tensor

from ...artifact.preprocessing import Preprocessing
from ...artifact.samples import Samples
from ...models.config import LowFormerConfig
from ...models.network import Network, build_network
from .chain import chain
from .cut import Cut, Cuts, widths_of_cuts
from .elimination import Elimination, eliminate
from .fit import columns_of, fitted, low_rank_errors
from .head_layers import head_layers
from .hidden_layer import HiddenLayer, LayerWidth, State
from .low_rank import Components, decomposed
from .observation import run
from .observed_layer import ObservedLayer, observed_layer, paired, see, see_all
from .widths import with_widths

BATCH = 16

HEAD_IMAGES = 64
"""Images that necks and heads are fitted on: each shows them thousands of places."""

Errors = Mapping[LayerWidth, float]
"""Power of the error of what a layer projects, over the power of that, by its width."""


@dataclasses.dataclass(frozen=True)
class ThinnedLayer:
    """A hidden layer that was cut, all other layers being whole.

    Attributes:
        cut: What it was cut to.
        state: The weights of the network that differ from the whole one's, by name.
        error: Power of the error of what it projects, over the power of that.
    """

    cut: Cut
    state: State
    error: float


def hidden_layers(network: Network) -> list[HiddenLayer]:
    """All hidden layers, in the order in which they run."""
    backbone = [link.layer for link in chain(network.backbone) if link.layer]
    return backbone + [layer for group in head_layers(network.config) for layer in group]


def every_width(layer: HiddenLayer, errors: Errors) -> Iterable[LayerWidth]:
    """All widths that a layer may have, whatever the errors."""
    return errors


def thin_layers(
    network: Network,
    images: Samples,
    preprocessing: Preprocessing,
    widths: Callable[[HiddenLayer], Sequence[LayerWidth]],
    choose: Callable[[HiddenLayer, Errors], Iterable[LayerWidth]] = every_width,
    on_layer: Callable[[], object] = lambda: None,
) -> dict[HiddenLayer, dict[LayerWidth, ThinnedLayer]]:
    """Thins each hidden layer alone.

    Args:
        network: The eager model, which is not changed.
        images: What projections are fitted on.
        preprocessing: Normalises them.
        widths: Widths that a layer may have, each less than it has.
        choose: Which of them a layer is thinned to, by their errors.
        on_layer: Called after each layer, for progress.

    Returns:
        By layer, then by the width.
    """
    thinned: dict[HiddenLayer, dict[LayerWidth, ThinnedLayer]] = {}
    state = network.state_dict()
    for layer, observed in _observed_layers(network, images, preprocessing):
        wanted = sorted(widths(layer))
        thinned[layer] = {}
        if wanted:
            least = min(width.channels for width in wanted)
            order = eliminate(observed.moments, least, columns_of(layer, observed.moments))
            cuts = {width: Cut(order.kept(width.channels), width.rank) for width in wanted}
            errors = _errors(layer, wanted, order, observed)
            for width in choose(layer, errors):
                changed = fitted(layer, state, cuts[width], observed)
                thinned[layer][width] = ThinnedLayer(cuts[width], changed, errors[width])
        on_layer()
    return thinned


def _errors(
    layer: HiddenLayer, widths: Sequence[LayerWidth], order: Elimination, observed: ObservedLayer
) -> dict[LayerWidth, float]:
    """The errors of widths; the ranks of one number of channels share their components."""
    own = layer.width.rank
    errors = {
        width: float(order.errors[layer.channels - width.channels])
        for width in widths
        if width.rank == own
    }
    lower: dict[int, list[int]] = {}
    for width in widths:
        if width.rank != own:
            lower.setdefault(width.channels, []).append(width.rank)
    for count, ranks in lower.items():
        by_rank = low_rank_errors(layer, order.kept(count), ranks, observed)
        errors |= {LayerWidth(count, rank): error for rank, error in by_rank.items()}
    return errors


def prune(
    network: Network,
    cuts: Cuts,
    images: Samples,
    preprocessing: Preprocessing,
    on_layer: Callable[[], object] = lambda: None,
) -> Network:
    """A copy of a network with fewer hidden channels, and lower ranks of what makes them.

    From the first layer to the last, each projection is fitted to give what the whole network has
    at that place, from what the layers that were thinned before it give.

    Args:
        network: The eager model, which is not changed.
        cuts: What layers are cut to.
        images: What projections are fitted on.
        preprocessing: Normalises them.
        on_layer: Called after each layer, for progress.
    """
    state = _backbone_state(network, cuts, _batches(images, preprocessing), on_layer)
    groups = [[layer for layer in group if layer in cuts] for group in head_layers(network.config)]
    groups = [group for group in groups if group]
    if groups:
        few = _batches(images.first(HEAD_IMAGES), preprocessing)
        state = _head_state(network, state, cuts, groups, few, on_layer)
    return _with_state(with_widths(network.config, widths_of_cuts(cuts)), state)


def with_thinned(network: Network, layer: HiddenLayer, thin: ThinnedLayer) -> Network:
    """A copy of a network with a layer that was thinned alone."""
    config = with_widths(network.config, {layer: thin.cut.width})
    return _with_state(config, {**network.state_dict(), **thin.state})


def narrowed(network: Network, cuts: Cuts) -> Network:
    """A copy of a network that is as fast as a pruned one, and gives something else.

    Args:
        network: The network.
        cuts: What layers are cut to; no projection is fitted.
    """
    state = dict(network.state_dict())
    for layer, cut in cuts.items():
        state |= layer.narrowed(state, torch.from_numpy(cut.kept))
        if layer.spatial and cut.rank != layer.width.rank:
            components = Components.of_weights(state, layer.spatial)
            state |= decomposed(state, layer.spatial, components.first(cut.rank))
    return _with_state(with_widths(network.config, widths_of_cuts(cuts)), state)


def _observed_layers(
    network: Network, images: Samples, preprocessing: Preprocessing
) -> Iterator[tuple[HiddenLayer, ObservedLayer]]:
    """Each hidden layer with what its projections take and give."""
    batches = _batches(images, preprocessing)
    for link in chain(network.backbone):
        if link.layer is None:
            batches = [run(link.module, batch) for batch in batches]
            continue
        seen = [see(link, link.layer, batch) for batch in batches]
        yield link.layer, observed_layer(network, link.layer, [one.maps for one in seen])
        batches = [one.output for one in seen]
    groups = head_layers(network.config)
    few = _batches(images.first(HEAD_IMAGES), preprocessing) if groups else []
    for group in groups:
        maps = [see_all(network, group, batch) for batch in few]
        for layer in group:
            yield layer, observed_layer(network, layer, maps)


def _backbone_state(
    network: Network,
    cuts: Cuts,
    batches: list[Tensor],
    on_layer: Callable[[], object],
) -> dict[str, Tensor]:
    """All weights of a network whose backbone's layers are thinned."""
    state = dict(network.state_dict())
    links = chain(network.backbone)
    layers = {link.layer for link in links}
    of_backbone = {layer: cut for layer, cut in cuts.items() if layer in layers}
    pruned = _without_weights(with_widths(network.config, widths_of_cuts(of_backbone)))
    whole = thinner = batches
    for link in links:
        layer = link.layer
        if layer is None or layer not in cuts:
            follows = thinner is whole
            whole = [run(link.module, batch) for batch in whole]
            thinner = whole if follows else [run(link.module, batch) for batch in thinner]
            continue
        before = [see(link, layer, batch) for batch in whole]
        after = before if thinner is whole else [see(link, layer, batch) for batch in thinner]
        pairs = [paired(new.maps, old.maps) for new, old in zip(after, before, strict=True)]
        state |= fitted(layer, state, cuts[layer], observed_layer(network, layer, pairs))
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
    cuts: Cuts,
    groups: Sequence[Sequence[HiddenLayer]],
    batches: list[Tensor],
    on_layer: Callable[[], object],
) -> dict[str, Tensor]:
    """All weights with those of a neck and head whose layers are thinned, too."""
    to_come = {layer for group in groups for layer in group}
    done = {layer: cut for layer, cut in cuts.items() if layer not in to_come}
    for group in groups:
        narrower = _with_state(with_widths(network.config, widths_of_cuts(done)), state)
        pairs = [
            paired(see_all(narrower, group, batch), see_all(network, group, batch))
            for batch in batches
        ]
        for layer in group:
            state = state | fitted(layer, state, cuts[layer], observed_layer(network, layer, pairs))
            done[layer] = cuts[layer]
            on_layer()
    return state


def _without_weights(config: LowFormerConfig) -> Network:
    """The network of a config, in evaluation mode, whose weights are still to come."""
    with torch.device("meta"):
        return build_network(config).eval()


def _with_state(config: LowFormerConfig, state: State) -> Network:
    """The network of a config with these weights."""
    network = _without_weights(config)
    network.load_state_dict(dict(state), assign=True)
    return network.requires_grad_(False)


def _batches(images: Samples, preprocessing: Preprocessing) -> list[Tensor]:
    return [torch.from_numpy(batch) for batch in images.batches(preprocessing, BATCH)]
