"""Bias correction: biases that take back what quantization adds to an op's mean output.

Rounded weights and clipped inputs shift the mean of each output channel. The shift is measured
on data, op after op, and taken off the bias; a later op is measured on what the corrected
earlier ones give it. (Nagel et al., "Data-Free Quantization Through Weight Equalization and
Bias Correction", ICCV 2019, section 4.2, with means taken from data.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from ..artifact.preprocessing import Preprocessing
from ..artifact.samples import Samples
from .ranges import BATCH, Ranges
from .simulation import simulated
from .watching import Hook, run_images, watched

IMAGES = 64
"""Of the calibration images, from the first on; they run as one batch."""


def correct_biases(
    model: nn.Module,
    ranges: Ranges | None,
    precisions: Mapping[str, str],
    images: Samples,
    preprocessing: Preprocessing,
    on_images: Callable[[int], object] = lambda count: None,
) -> None:
    """Changes the biases of a model's quantized ops in place; an op without one is given one.

    Args:
        model: The rewritten eager model.
        ranges: Its activation ranges; needed where an op is static ``int8``.
        precisions: By module path; ops in ``fp32`` are left alone.
        images: What means are taken on; the first :data:`IMAGES` of them.
        preprocessing: Its normalisation makes inputs of the images' pixels.
        on_images: Called with the number of images of each step, twice for each image.
    """
    used = images.first(IMAGES)
    quantized = [path for path, precision in precisions.items() if precision != "fp32"]
    means = _mean_outputs(model, quantized, used, preprocessing, on_images)
    modules = dict(model.named_modules())
    hooks = {path: _corrects(mean, modules[path]) for path, mean in means.items()}
    # The simulation's own hooks, which round the outputs, must come second.
    with watched(model, hooks), simulated(model, ranges, precisions, integer_biases=False):
        run_images(model, used, preprocessing, IMAGES, on_images)


def _corrects(mean: Tensor, module: nn.Module) -> Hook:
    """A hook that gives a module's output the mean that it has in float, by its bias.

    It must run before the output is rounded, as the kernel adds the bias before.
    """

    def hook(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        shift = mean - channel_means(module, output)
        bias = getattr(module, "bias", None)
        module.bias = nn.Parameter(shift if bias is None else bias + shift, requires_grad=False)
        return output + shift.view(_channels_shape(module, output))

    return hook


def _mean_outputs(
    model: nn.Module,
    paths: list[str],
    images: Samples,
    preprocessing: Preprocessing,
    on_images: Callable[[int], object],
) -> dict[str, Tensor]:
    """The mean of each output channel in float, by module path."""
    sums: dict[str, Tensor] = {}

    def adds(path: str) -> Hook:
        def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            share = channel_means(module, output) * (len(output) / len(images))
            sums[path] = sums.get(path, torch.zeros(())) + share

        return hook

    with watched(model, {path: adds(path) for path in paths}):
        run_images(model, images, preprocessing, BATCH, on_images)
    return sums


def channel_means(module: nn.Module, output: Tensor) -> Tensor:
    """The mean of each channel of a module's output, [C]."""
    axis = _channel_axis(module, output)
    return output.mean([number for number in range(output.ndim) if number != axis])


def _channels_shape(module: nn.Module, output: Tensor) -> list[int]:
    axis = _channel_axis(module, output)
    return [size if number == axis else 1 for number, size in enumerate(output.shape)]


def _channel_axis(module: nn.Module, output: Tensor) -> int:
    return output.ndim - 1 if isinstance(module, nn.Linear) else 1
