"""What each width of each hidden layer costs in accuracy and in time.

Accuracy is that of the eager model with this one layer thinned, on images that its projection was
not fitted on. Time grows with the channels; by how much is measured in files in which all layers
of one shape are thinned together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...artifact.preprocessing import Preprocessing
from ...artifact.samples import Samples
from ...calibration.sensitivity import BATCH, loss_between, outputs_on
from ...models.network import Network
from ...progress import Progress
from ...tasks.task import Task
from ..pruning.hidden_layer import HiddenLayer
from ..pruning.pruning import Channels, ThinnedLayer, with_thinned
from ..trials import Trials
from .precisions import RESOLUTION, SENSITIVITY_IMAGES
from .solver import Choice

EIGHTHS = (2, 3, 4, 5, 6, 7)
"""Of a layer's channels, how many are tried to keep."""

Thinned = Mapping[HiddenLayer, Mapping[int, ThinnedLayer]]
"""Layers with fewer channels, by the layer and their number."""


def counts_of(layer: HiddenLayer) -> list[int]:
    """Numbers of channels that a layer is tried with, beside its own.

    Kernels compute 16 channels at once, where there are many, or 8; what is left of a multiple
    costs as much as a whole one.
    """
    multiple = 16 if layer.channels >= 128 else 8
    counts = {max(multiple, layer.channels * part // 8 // multiple * multiple) for part in EIGHTHS}
    return sorted(count for count in counts if count < layer.channels)


def channel_choices(
    task: Task,
    network: Network,
    thinned_layers: Thinned,
    file_of: Callable[[Mapping[HiddenLayer, Channels]], bytes],
    trials: Trials,
    guide: Samples,
    preprocessing: Preprocessing,
    progress: Progress,
) -> dict[str, list[Choice]]:
    """The widths that each hidden layer may have, with what they cost.

    Args:
        task: What the model is for.
        network: The eager model.
        thinned_layers: Layers with fewer channels.
        file_of: Makes the fastest file of a network of which channels are left out.
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
    noises: dict[HiddenLayer, dict[int, float]] = {}
    with progress.step("thinning each layer", sum(map(len, thinned_layers.values()))) as advance:
        for layer, by_count in thinned_layers.items():
            noises[layer] = {layer.channels: 0.0}
            for count, thin in by_count.items():
                outputs = outputs_on(with_thinned(network, layer, thin), inputs)
                loss = loss_between(task, whole, outputs)
                noises[layer][count] = loss.noise
                advance(1)
    costs = _costs_of_channels(thinned_layers, file_of, trials, progress)
    return {
        layer.path: [
            Choice(count, noise, (count - min(by_count)) * costs[layer])
            for count, noise in sorted(by_count.items())
        ]
        for layer, by_count in noises.items()
    }


def _costs_of_channels(
    thinned_layers: Thinned,
    file_of: Callable[[Mapping[HiddenLayer, Channels]], bytes],
    trials: Trials,
    progress: Progress,
) -> dict[HiddenLayer, float]:
    """What each channel of a layer costs, in the fastest file."""
    groups: dict[str, list[HiddenLayer]] = {}
    for layer, by_count in thinned_layers.items():
        if by_count:
            groups.setdefault(f"{layer.shape}, {layer.channels}", []).append(layer)
    with progress.step("timing widths", len(groups)) as advance:
        files = {"": file_of({})}
        removed = {}
        for shape, layers in groups.items():
            middle = sorted(thinned_layers[layers[0]])[len(thinned_layers[layers[0]]) // 2]
            files[shape] = file_of({layer: thinned_layers[layer][middle].kept for layer in layers})
            removed[shape] = sum(layer.channels - middle for layer in layers)
            advance(1)
        times = trials.costs(files)
    costs = dict.fromkeys(thinned_layers, 0.0)
    for shape, layers in groups.items():
        saved = max(times[""] - times[shape], RESOLUTION * times[""])
        costs |= dict.fromkeys(layers, saved / removed[shape])
    return costs
