"""Affine quantization: from ranges to scales and zero points, and back to rounded values.

real = scale * (integer - zero_point), as TFLite, ExecuTorch and ONNX define it.
"""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor

LEAST_SCALE = 1e-9
"""Used where a range has no extent, so that a dead activation still has parameters."""


@dataclasses.dataclass(frozen=True)
class AffineParameters:
    """Scale and zero point of a tensor quantized as a whole.

    Attributes:
        scale: Positive step between neighbouring integers.
        zero_point: The integer that stands for 0.
        low: Least integer.
        high: Greatest integer.
    """

    scale: float
    zero_point: int
    low: int = -128
    high: int = 127

    @property
    def range(self) -> tuple[float, float]:
        """The least and the greatest value that can be represented."""
        return (
            self.scale * (self.low - self.zero_point),
            self.scale * (self.high - self.zero_point),
        )

    def rounded(self, values: Tensor) -> Tensor:
        """Values after quantization and dequantization, in their own type."""
        steps = torch.round(values / self.scale) + self.zero_point
        return (steps.clamp(self.low, self.high) - self.zero_point) * self.scale


def affine_parameters(
    low: float, high: float, *, symmetric: bool = False, bits: int = 8
) -> AffineParameters:
    """Parameters of a signed integer type that cover a range.

    The range is widened to hold 0, which must be exact because padding is 0. An affine range
    spans all integers; a symmetric one has zero point 0 and leaves out the least integer.

    Args:
        low: Least value to represent.
        high: Greatest value to represent.
        symmetric: Whether the zero point must be 0.
        bits: Width of the integer type.
    """
    low, high = min(low, 0.0), max(high, 0.0)
    least, greatest = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    if symmetric:
        scale = max(-low, high, LEAST_SCALE * greatest) / greatest
        return AffineParameters(scale, 0, -greatest, greatest)
    scale = max((high - low) / (greatest - least), LEAST_SCALE)
    zero_point = round(least - low / scale)
    return AffineParameters(scale, min(max(zero_point, least), greatest), least, greatest)


def rounded_weights(weights: Tensor, axis: int = 0, bits: int = 8) -> Tensor:
    """Weights after symmetric quantization with one scale for each slice along an axis.

    Args:
        weights: Of any shape.
        axis: The output channels' axis.
        bits: Width of the integer type.
    """
    greatest = 2 ** (bits - 1) - 1
    scales = _weight_scales(weights, axis, greatest)
    return torch.round(weights / scales).clamp(-greatest, greatest) * scales


def rounded_bias(bias: Tensor, weights: Tensor, input_scale: float, axis: int = 0) -> Tensor:
    """A bias after rounding to int32, in steps of the input's scale times the int8 weights'.

    Args:
        bias: Of each output channel, [C].
        weights: Those beside it.
        input_scale: Of the op's quantized input.
        axis: The weights' axis of output channels.
    """
    steps = _weight_scales(weights, axis, 127).flatten().double() * input_scale
    return (torch.round(bias / steps) * steps).to(bias.dtype)


def _weight_scales(weights: Tensor, axis: int, greatest: int) -> Tensor:
    """The scale of each slice along an axis, in a shape that spreads over the weights."""
    others = [number for number in range(weights.ndim) if number != axis % weights.ndim]
    scales = weights.abs().amax(others, keepdim=True) / greatest
    return scales.clamp_min(torch.finfo(weights.dtype).tiny)
