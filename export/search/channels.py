"""What each width of each hidden layer costs in accuracy and in time.

Accuracy is that of the eager model with this one layer thinned, on images that its projection was
not fitted on. Time grows with the multiply-accumulates, and with one kernel more; by how much is
measured in files in which all layers of one shape are thinned together.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from ...artifact.preprocessing import Preprocessing
from ...artifact.samples import Samples
from ...calibration.sensitivity import BATCH, loss_between, outputs_on
from ...models.cost import cost_of
from ...models.network import Network
from ...progress import Progress
from ...tasks.task import Task
from ..pruning.cut import Cut, Cuts
from ..pruning.hidden_layer import HiddenLayer, LayerWidth
from ..pruning.pruning import Errors, ThinnedLayer, with_thinned
from ..pruning.widths import with_widths
from ..trials import Trials
from .precisions import RESOLUTION, SENSITIVITY_IMAGES
from .solver import Choice, Mix, convex_hull

EIGHTHS = (2, 3, 4, 5, 6, 7)
"""Of a layer's channels, how many are tried to keep."""

RANK_SIXTEENTHS = (1, 2, 3, 4, 6, 8)
"""Of a layer's channels, which ranks are tried for what makes them."""

RANKED_EIGHTHS = (4, 5, 6, 7, 8)
"""Of a layer's channels, how many are tried to keep where the rank is lower, too."""

WITHIN = 4
"""Times its share of the products that a layer may take of the time; beyond that it is noise."""

Thinned = Mapping[HiddenLayer, Mapping[LayerWidth, ThinnedLayer]]
"""Layers that were thinned, by the layer and its width."""


def widths_of(layer: HiddenLayer) -> list[LayerWidth]:
    """Widths that a layer is tried with, beside its own."""
    channels, rank = layer.width.channels, layer.width.rank
    widths = {LayerWidth(_multiple(channels, eighths, 8), rank) for eighths in EIGHTHS}
    if layer.spatial:
        for eighths in RANKED_EIGHTHS:
            count = channels if eighths == 8 else _multiple(channels, eighths, 8)
            for sixteenths in RANK_SIXTEENTHS:
                lower = LayerWidth(count, max(8, channels * sixteenths // 16 // 8 * 8))
                is_lower = lower.rank < (rank or count)
                if is_lower and _macs(layer, lower) < _macs(layer, LayerWidth(count, rank)):
                    widths.add(lower)
    return sorted(width for width in widths if width.channels < channels or width.rank != rank)


def _multiple(channels: int, part: int, of: int) -> int:
    """A share of channels, as kernels like it.

    They compute 16 channels at once, where there are many, or 8; what is left of a multiple costs
    as much as a whole one.
    """
    multiple = 16 if channels >= 128 else 8
    return max(multiple, channels * part // of // multiple * multiple)


def best_widths(layer: HiddenLayer, errors: Errors) -> Iterable[LayerWidth]:
    """Widths with less error than any that has as few multiply-accumulates.

    Of layers whose widths are of one kind all are.
    """
    if layer.spatial is None:
        return errors
    options = [Choice(width, error, _macs(layer, width)) for width, error in errors.items()]
    best = {choice.value for choice in convex_hull(options)}
    return [width for width in errors if width in best]


def _macs(layer: HiddenLayer, width: LayerWidth) -> int:
    """Multiply-accumulates of a place of a layer with a 3x3 convolution."""
    assert layer.spatial
    spatial = 9 * layer.spatial.inputs * (width.rank or width.channels)
    return spatial + width.channels * (width.rank + layer.spatial.outputs)


def channel_choices(
    task: Task,
    network: Network,
    thinned_layers: Thinned,
    file_of: Callable[[Cuts], bytes],
    trials: Trials,
    guide: Samples,
    preprocessing: Preprocessing,
    progress: Progress,
) -> dict[str, list[Choice]]:
    """The widths that each hidden layer may have, with what they cost.

    Args:
        task: What the model is for.
        network: The eager model.
        thinned_layers: Layers that were thinned.
        file_of: Makes the fastest file of a network whose layers are cut.
        trials: Times files.
        guide: What the loss is taken on, other images than those that layers were thinned on.
        preprocessing: Normalises images.
        progress: Is told about each step.

    Returns:
        By the layer's path, from the narrowest on.
    """
    few = guide.first(SENSITIVITY_IMAGES)
    inputs = list(few.batches(preprocessing, BATCH))
    whole = outputs_on(network, inputs)
    noises: dict[HiddenLayer, dict[LayerWidth, float]] = {}
    with progress.step("thinning each layer", sum(map(len, thinned_layers.values()))) as advance:
        for layer, by_width in thinned_layers.items():
            noises[layer] = {layer.width: 0.0}
            for width, thin in by_width.items():
                outputs = outputs_on(with_thinned(network, layer, thin), inputs)
                loss = loss_between(task, whole, outputs)
                noises[layer][width] = loss.noise
                advance(1)
    costs = _costs_of_widths(network, noises, thinned_layers, file_of, trials, progress)
    return {
        layer.path: [
            Choice(width, noise, costs[layer][width] - min(costs[layer].values()))
            for width, noise in sorted(by_width.items())
        ]
        for layer, by_width in noises.items()
    }


def with_added_ops(mix: Mix, layers: Mapping[str, HiddenLayer]) -> Mix:
    """A mix with precisions of the 3x3 convolutions that lower ranks bring in.

    The whole network has none of them; each gets the precision of the convolution that it was part
    of.

    Args:
        mix: The mix.
        layers: The hidden layers of the whole network, by path.
    """
    added = {}
    for path, width in mix.widths.items():
        spatial = layers[path].spatial
        if spatial and width.rank and spatial.conv in mix.precisions:
            added[spatial.reduced] = mix.precisions[spatial.conv]
    return dataclasses.replace(mix, values={**mix.values, **added})


def _costs_of_widths(
    network: Network,
    widths: Mapping[HiddenLayer, Iterable[LayerWidth]],
    thinned_layers: Thinned,
    file_of: Callable[[Cuts], bytes],
    trials: Trials,
    progress: Progress,
) -> dict[HiddenLayer, dict[LayerWidth, float]]:
    """What a layer of each width costs over the whole one, in the fastest file."""
    groups: dict[tuple[str, LayerWidth], list[HiddenLayer]] = {}
    for layer, by_width in thinned_layers.items():
        if by_width:
            groups.setdefault((layer.shape, layer.width), []).append(layer)
    probes = {key: _probes(layers[0]) for key, layers in groups.items()}
    names = {(key, width): f"{key} {width}" for key, some in probes.items() for width in some}
    with progress.step("timing widths", len(names)) as advance:
        files = {"": file_of({})}
        for (key, width), name in names.items():
            files[name] = file_of({layer: _first_channels(width) for layer in groups[key]})
            advance(1)
        times = trials.costs(files)
    whole = cost_of(network.config).macs
    costs = {layer: dict.fromkeys(some, 0.0) for layer, some in widths.items()}
    for key, layers in groups.items():
        saved = {}
        for width in probes[key]:
            cut = with_widths(network.config, dict.fromkeys(layers, width))
            usual = (1 - cost_of(cut).macs / whole) * times[""]
            measured = times[""] - times[names[key, width]]
            saved[width] = min(measured, usual * WITHIN) / len(layers)
        half = probes[key][0]
        saved[half] = max(saved[half], RESOLUTION * times[""] / len(layers))
        for layer in layers:
            costs[layer] = {width: -_saved(layer, width, saved) for width in widths[layer]}
    return costs


def _first_channels(width: LayerWidth) -> Cut:
    """Any cut of a width: all take as long."""
    return Cut(np.arange(width.channels), width.rank)


def _probes(layer: HiddenLayer) -> list[LayerWidth]:
    """Widths that are timed: half of the channels, and a low rank of what makes all of them."""
    channels, rank = layer.width.channels, layer.width.rank
    ranks = sorted({width.rank for width in widths_of(layer)} - {rank})
    low = [LayerWidth(channels, ranks[len(ranks) // 2])] if ranks else []
    return [LayerWidth(_multiple(channels, 1, 2), rank), *low]


def _saved(layer: HiddenLayer, width: LayerWidth, probes: Mapping[LayerWidth, float]) -> float:
    """How much less a layer takes with a width than whole.

    Args:
        layer: The layer.
        width: Its width.
        probes: How much less it takes with each of :func:`_probes`. A lower rank costs one more
            kernel; between widths of one kind the time goes with the products.
    """
    (half, saved_by_half), *lower = probes.items()
    if width.rank == layer.width.rank:
        return saved_by_half * (layer.channels - width.channels) / (layer.channels - half.channels)
    ((low, saved_by_low),) = lower
    time_per_mac = saved_by_half / (_macs(layer, layer.width) - _macs(layer, half))
    return saved_by_low + time_per_mac * (_macs(layer, low) - _macs(layer, width))
