"""What a file takes and gives: normalised values or pixels; logits, maps or what they mean."""

from __future__ import annotations

import copy
import dataclasses

import torch
from torch import Tensor, nn

from ..artifact.interface import BOXES_NAME, CLASSIFICATION, PROBABILITIES_NAME, SCORES_NAME
from ..artifact.preprocessing import WHITE, Preprocessing
from ..artifact.size import sides_of
from ..calibration.ranges import ModuleRange, Ranges
from ..errors import UsageError
from ..models.dense_head import DetectionHead
from ..models.loading import LoadedModel
from ..models.network import network_outputs
from ..tasks.names import DETECTION
from .decoded_boxes import DecodedBoxes
from .spec import ExportSpec

STEM = "backbone.input_stem.op_list.0.conv"
"""The first convolution, by its path in a model that was rewritten for any format."""


_TASKS = {"probabilities": CLASSIFICATION, "boxes": DETECTION}
"""Whose outputs they are."""


class PixelInput(nn.Module):
    """A model that takes pixels, uint8 [N, H, W, 3].

    (pixel / 255 - mean) / std is (pixel - 255 mean) times 1 / (255 std). The factor is in the first
    convolution's weights. The shift is an op: the convolution pads with zeros after it, so that
    as part of its bias it would be wrong at the borders.

    Args:
        model: Takes pixel - 255 mean [N, 3, H, W], see :func:`with_scaled_stem`.
        preprocessing: Its mean.
    """

    shift: Tensor

    def __init__(self, model: nn.Module, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.model = model
        self.register_buffer("shift", WHITE * torch.tensor(preprocessing.mean))

    def forward(self, image: Tensor) -> Tensor:
        return self.model((image.float() - self.shift).permute(0, 3, 1, 2))


class Probabilities(nn.Module):
    """A classifier whose softmax is part of it.

    Args:
        model: Gives logits [N, K].
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> Tensor:
        return torch.softmax(self.model(image), -1)


class MapOutputs(nn.Module):
    """A model whose maps are a tuple, the form of several outputs that every converter takes.

    Args:
        model: Gives a map [N, C, H, W], or several by name.
        channels_last: Whether they become [N, H, W, C].
    """

    def __init__(self, model: nn.Module, *, channels_last: bool) -> None:
        super().__init__()
        self.model = model
        self.channels_last = channels_last

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        given = self.model(image)
        maps = (given,) if isinstance(given, Tensor) else tuple(given.values())
        return tuple(one.permute(0, 2, 3, 1) for one in maps) if self.channels_last else maps


def with_interface(
    model: nn.Module, spec: ExportSpec, loaded: LoadedModel, *, channels_last: bool = False
) -> nn.Module:
    """A model with the input and the outputs that a spec asks for.

    Args:
        model: Gives what the network gives, for normalised values or, where the spec asks for an
            image, for what :func:`with_scaled_stem` says.
        spec: What is to be exported.
        loaded: The model with what its files take and give.
        channels_last: Whether the format has maps as [N, H, W, C].

    Raises:
        UsageError: The spec asks for outputs that the model has none of.
    """
    _check_output(spec, loaded)
    if spec.takes_image:
        model = PixelInput(model, loaded.preprocessing)
    if spec.gives_probabilities:
        model = Probabilities(model)
    return with_dense_outputs(model, spec, loaded, channels_last=channels_last).eval()


def with_dense_outputs(
    model: nn.Module, spec: ExportSpec, loaded: LoadedModel, *, channels_last: bool = False
) -> nn.Module:
    """A detector or segmenter with the outputs that a spec asks for; a classifier as it is.

    Args:
        model: Gives what the network gives.
        spec: What is to be exported.
        loaded: The model.
        channels_last: Whether the format has maps as [N, H, W, C].
    """
    head = loaded.config.dense_head
    if isinstance(head, DetectionHead) and spec.gives_boxes:
        return DecodedBoxes(model, *sides_of(loaded.preprocessing.size), head.levels)
    if head is not None:
        return MapOutputs(model, channels_last=channels_last)
    return model


def path_within(outer: nn.Module, inner: nn.Module) -> str:
    """How paths in a module begin within one that wraps it; empty where it is the same."""
    (path,) = (path for path, module in outer.named_modules() if module is inner)
    return f"{path}." if path else ""


def with_scaled_stem(model: nn.Module, preprocessing: Preprocessing) -> nn.Module:
    """A copy of a rewritten model that takes pixel - 255 mean in place of normalised values."""
    copied = copy.deepcopy(model)
    stem = copied.get_submodule(STEM)
    assert isinstance(stem, nn.Conv2d)
    scale = 1 / (WHITE * torch.tensor(preprocessing.std, dtype=torch.float64))
    scaled = stem.weight.data.double() * scale.view(1, 3, 1, 1)
    stem.weight.data = scaled.to(stem.weight.dtype)
    return copied


def ranges_for_pixels(ranges: Ranges, preprocessing: Preprocessing) -> Ranges:
    """The activation ranges of a model with a scaled stem: that of the stem's input is known."""
    shifts = [WHITE * value for value in preprocessing.mean]
    bounds = (-max(shifts), WHITE - min(shifts))
    stem = ModuleRange(bounds, ranges.modules[STEM].output)
    return dataclasses.replace(ranges, modules={**ranges.modules, STEM: stem})


def output_names(spec: ExportSpec, loaded: LoadedModel) -> tuple[str, ...]:
    """What the outputs of a spec's file are called, in their order.

    Raises:
        UsageError: It asks for outputs that the model has none of.
    """
    _check_output(spec, loaded)
    if spec.gives_probabilities:
        return (PROBABILITIES_NAME,)
    if spec.gives_boxes:
        return (BOXES_NAME, SCORES_NAME)
    return network_outputs(loaded.config)


def _check_output(spec: ExportSpec, loaded: LoadedModel) -> None:
    """Raises UsageError where a spec asks for what the model has none of."""
    task = _TASKS.get(spec.output, loaded.config.task)
    if task != loaded.config.task:
        raise UsageError(
            f"`output` {spec.output} are of {task}, and {loaded.config.name} is for"
            f" {loaded.config.task}; leave it at logits"
        )
