"""The weights of a hidden layer that is cut, by least squares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from .cut import Channels, Cut
from .elimination import Moments
from .hidden_layer import HiddenLayer, State
from .low_rank import Components, decomposed
from .observed_layer import ObservedLayer, moments_between

COMPARED_ROWS = 4096
"""Rows of values by which ranks are compared, if not more for layers of many channels."""

COMPARED_PER_CHANNEL = 8
"""For each hidden channel."""


def fitted(
    layer: HiddenLayer, state: State, cut: Cut, observed: ObservedLayer
) -> dict[str, Tensor]:
    """The weights that change where a layer is cut."""
    kept = torch.from_numpy(cut.kept)
    if layer.spatial and cut.rank != layer.width.rank:
        values = observed.values[:, kept]
        subspace = Components.of_values(values).first(cut.rank)
        moments = moments_between(subspace.hidden(values), observed.wanted)
        changed = layer.narrowed(state, kept)
        changed |= decomposed({**state, **changed}, layer.spatial, subspace)
        rest = {**state, **changed}
        return changed | _projected(layer, rest, np.arange(len(kept)), [moments], 1)
    columns = columns_of(layer, observed.moments)
    return _projected(layer, state, cut.kept, observed.moments, columns)


def _projected(
    layer: HiddenLayer, state: State, kept: Channels, moments: Sequence[Moments], columns: int
) -> dict[str, Tensor]:
    """The weights that change where a layer has fewer channels, each with so many columns."""
    places = (kept[:, None] * columns + np.arange(columns)).ravel()
    fits = [tuple(torch.from_numpy(part).float() for part in one.fit(places)) for one in moments]
    return layer.fitted(state, torch.from_numpy(kept), [(one[0], one[1]) for one in fits])


def low_rank_errors(
    layer: HiddenLayer, kept: Channels, ranks: Iterable[int], observed: ObservedLayer
) -> dict[int, float]:
    """Power of the error of what is projected of lower ranks, over the power of that, by rank."""
    values = observed.values[:, torch.from_numpy(kept)]
    compared = max(COMPARED_ROWS, COMPARED_PER_CHANNEL * layer.channels)
    rows = slice(None, None, max(1, len(values) // compared))
    components = Components.of_values(values)
    errors = {}
    for rank in ranks:
        hidden = components.first(rank).hidden(values[rows])
        errors[rank] = moments_between(hidden, observed.wanted[rows]).least_error()
    return errors


def columns_of(layer: HiddenLayer, moments: Sequence[Moments]) -> int:
    """What a projection takes of each channel: as many numbers as its kernel has places."""
    return (len(moments[0].hidden) - 1) // layer.channels
