"""What hidden layers are cut to."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .hidden_layer import HiddenLayer, LayerWidth

Channels = NDArray[np.intp]
"""Numbers of those that stay, in ascending order."""


@dataclasses.dataclass(frozen=True)
class Cut:
    """What a hidden layer is cut to.

    Attributes:
        kept: The channels that stay.
        rank: See :attr:`.hidden_layer.LayerWidth.rank`.
    """

    kept: Channels
    rank: int = 0

    @property
    def width(self) -> LayerWidth:
        """Its channels and rank."""
        return LayerWidth(len(self.kept), self.rank)


Cuts = Mapping[HiddenLayer, Cut]
"""What layers are cut to; those that are left out stay whole."""


def widths_of_cuts(cuts: Cuts) -> dict[HiddenLayer, LayerWidth]:
    """The width of each layer that is cut."""
    return {layer: cut.width for layer, cut in cuts.items()}
