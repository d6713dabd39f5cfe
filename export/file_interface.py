"""What a file takes and gives: normalised values or pixels, logits or probabilities."""

from __future__ import annotations

import copy
import dataclasses

import torch
from torch import Tensor, nn

from ..artifact.interface import OUTPUT_NAME, PROBABILITIES_NAME
from ..artifact.preprocessing import WHITE, Preprocessing
from ..calibration.ranges import ModuleRange, Ranges
from .spec import ExportSpec

STEM = "backbone.input_stem.op_list.0.conv"
"""The first convolution, by its path in a model that was rewritten for any format."""


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


def with_interface(model: nn.Module, spec: ExportSpec, preprocessing: Preprocessing) -> nn.Module:
    """A model with the input and the output that a spec asks for.

    Args:
        model: Gives logits, for normalised values or, where the spec asks for an image, for what
            :func:`with_scaled_stem` says.
        spec: What is to be exported.
        preprocessing: From an image to normalised values.
    """
    if spec.takes_image:
        model = PixelInput(model, preprocessing)
    if spec.gives_probabilities:
        model = Probabilities(model)
    return model.eval()


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


def output_name(spec: ExportSpec) -> str:
    """What the output of a spec's file is called."""
    return PROBABILITIES_NAME if spec.gives_probabilities else OUTPUT_NAME
