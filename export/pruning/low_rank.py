"""Making a 3x3 convolution one of few channels, which a 1x1 convolution expands.

The hidden activations z before their hard-swish, after BatchNorm, are taken for z' = B B' (z - m) +
m, where m are their means and the columns of B their principal components: of all subspaces with
so many dimensions, the one that leaves least of z's variance out (Jolliffe, Principal Component
Analysis, 2002). With z = s (W x + b - mu) + beta, the 3x3 convolution becomes B' s W, which is what
a few channels need, the 1x1 convolution B / s, and BatchNorm's mean takes up what is constant.

The components are turned among themselves by a cosine transform, which z' does not change with.
The first ones are far larger than the last, and one scale for all of them, as 8 bits have it, would
leave the last ones no steps.
"""

from __future__ import annotations

import dataclasses
import math

import torch
from torch import Tensor
from torch.nn import functional

from .hidden_layer import SpatialConv, State


@dataclasses.dataclass(frozen=True)
class Subspace:
    """Where values are taken to lie.

    Attributes:
        mean: Of them, [channels].
        basis: Orthonormal columns, [channels, dimensions].
    """

    mean: Tensor
    basis: Tensor

    def hidden(self, values: Tensor) -> Tensor:
        """What the hard-swish makes of values as they are in the subspace, [rows, channels]."""
        mean, basis = self.mean.to(values.dtype), self.basis.to(values.dtype)
        return functional.hardswish((values - mean) @ basis @ basis.T + mean)


class Components:
    """Principal components of values.

    Args:
        mean: Of the values, [channels].
        deviations: [rows, channels], whose right singular vectors they are.
    """

    def __init__(self, mean: Tensor, deviations: Tensor) -> None:
        self._mean = mean.double()
        covariance = (deviations.T @ deviations).double()
        self._vectors = torch.linalg.eigh(covariance)[1].flip(1)

    @classmethod
    def of_values(cls, values: Tensor) -> Components:
        """Those of rows of values, [rows, channels]."""
        mean = values.mean(0)
        return cls(mean, values - mean)

    @classmethod
    def of_weights(cls, state: State, conv: SpatialConv) -> Components:
        """Those of what a convolution gives for inputs that do not hang together."""
        scale, shift = _affine(state, conv)
        return cls(shift, (_kernel(state, conv) * scale[:, None, None, None]).flatten(1).T)

    def first(self, rank: int) -> Subspace:
        """The subspace of the largest."""
        return Subspace(self._mean, self._vectors[:, :rank] @ _cosines(rank))


def decomposed(state: State, conv: SpatialConv, subspace: Subspace) -> dict[str, Tensor]:
    """The weights that change where a convolution's output is taken to lie in a subspace.

    Args:
        state: All weights of the network.
        conv: The convolution.
        subspace: Of its output after BatchNorm.
    """
    scale, _ = _affine(state, conv)
    inverse = torch.where(scale != 0, 1 / scale, 0)
    basis, mean = subspace.basis, subspace.mean
    reduced = torch.einsum("cr,cihw->rihw", basis * scale[:, None], _kernel(state, conv))
    expanded = basis * inverse[:, None]
    norm_mean = state[f"{conv.norm}.running_mean"].double()
    bias = _bias(state, conv)
    beta = state[f"{conv.norm}.bias"].double()
    raw_mean = (mean - beta) * inverse + norm_mean - bias  # of W x
    # z' = s (B B' s (W x - raw mean) / s + b - mu') + beta = B B' s (W x - raw mean) + m
    constant = basis @ (basis.T @ (scale * raw_mean)) * inverse
    return {
        f"{conv.reduced}.weight": reduced.float(),
        f"{conv.conv}.weight": expanded[:, :, None, None].float(),
        f"{conv.norm}.running_mean": (bias + constant + (beta - mean) * inverse).float(),
    }


def _affine(state: State, conv: SpatialConv) -> tuple[Tensor, Tensor]:
    """What BatchNorm multiplies channels by, and adds to them."""
    mean, variance, weight, bias = (
        state[f"{conv.norm}.{name}"].double()
        for name in ("running_mean", "running_var", "weight", "bias")
    )
    scale = weight / torch.sqrt(variance + conv.eps)
    return scale, bias + scale * (_bias(state, conv) - mean)


def _bias(state: State, conv: SpatialConv) -> Tensor:
    """The convolution's, or zeros."""
    name = f"{conv.conv}.bias"
    return state[name].double() if name in state else torch.zeros((), dtype=torch.float64)


def _kernel(state: State, conv: SpatialConv) -> Tensor:
    """All that makes hidden channels of inputs as one 3x3 convolution, [hidden, inputs, 3, 3]."""
    weight = state[f"{conv.conv}.weight"].double()
    if not conv.rank:
        return weight
    reduced = state[f"{conv.reduced}.weight"].double()
    return torch.einsum("cr,rihw->cihw", weight[:, :, 0, 0], reduced)


def _cosines(size: int) -> Tensor:
    """The orthonormal cosine transform DCT-II, a row for each frequency (Ahmed et al., 1974)."""
    frequencies = torch.arange(size, dtype=torch.float64)[:, None]
    places = torch.arange(size, dtype=torch.float64) + 0.5
    rows = torch.cos(frequencies * places * math.pi / size) * math.sqrt(2 / size)
    rows[0] /= math.sqrt(2)
    return rows
