"""Hidden layers: channels that some modules make and some projections take, and nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from torch import Tensor

State = Mapping[str, Tensor]
"""Weights of a network, by name."""


@dataclasses.dataclass(frozen=True)
class Projection:
    """A convolution that takes hidden channels.

    Attributes:
        conv: Its path in the network.
        norm: Path of the BatchNorm after it, where there is one; else it has a bias.
    """

    conv: str
    norm: str | None = None


@dataclasses.dataclass(frozen=True)
class SpatialConv:
    """A 3x3 convolution that makes hidden channels, or few that a 1x1 convolution expands.

    Attributes:
        reduced: Path of the 3x3 convolution of few channels, where there is or would be one.
        conv: Path of the convolution that makes the hidden channels.
        norm: Path of the BatchNorm after that.
        eps: That BatchNorm's.
        inputs: Channels that go in.
        outputs: Channels that the hidden ones are projected to.
        rank: Channels of the 3x3 convolution where it does not make the hidden ones; else 0.
    """

    reduced: str
    conv: str
    norm: str
    eps: float
    inputs: int
    outputs: int
    rank: int


@dataclasses.dataclass(frozen=True, order=True)
class LayerWidth:
    """How many hidden channels there are, and the rank of what makes them.

    Attributes:
        channels: How many.
        rank: Channels of a 3x3 convolution that a 1x1 one expands to the hidden ones; 0 where
            there is none.
    """

    channels: int
    rank: int = 0


@dataclasses.dataclass(frozen=True)
class HiddenLayer:
    """Channels that can be fewer without any others being so.

    Attributes:
        path: What it is called: the path of a module.
        field: The config's field that states how many there are, such as ``hidden_channels``.
        place: Where in that field.
        channels: How many there are.
        makers: Paths of modules all of whose weights are by hidden channel.
        projections: All that take the channels; their kernels are of one size.
        shape: The same for layers whose ops have the same shapes where they have as many channels.
        spatial: The 3x3 convolution that makes the channels, where one does whose rank may be less.
    """

    path: str
    field: str
    place: tuple[int, ...]
    channels: int
    makers: tuple[str, ...]
    projections: tuple[Projection, ...]
    shape: str
    spatial: SpatialConv | None = None

    @property
    def width(self) -> LayerWidth:
        """Its channels and rank."""
        return LayerWidth(self.channels, self.spatial.rank if self.spatial else 0)

    def narrowed(self, state: State, kept: Tensor) -> dict[str, Tensor]:
        """The weights that change where channels are left out.

        Args:
            state: All weights of the network.
            kept: Channels that stay.
        """
        names = [f"{projection.conv}.weight" for projection in self.projections]
        return self._by_makers(state, kept, {name: state[name][:, kept] for name in names})

    def fitted(
        self, state: State, kept: Tensor, fits: Sequence[tuple[Tensor, Tensor]]
    ) -> dict[str, Tensor]:
        """The same, with projections that make up for the channels that are left out.

        Args:
            state: All weights of the network.
            kept: Channels that stay.
            fits: For each projection its weights, [kept * kernel rows * kernel columns, outputs],
                and all that is added to what these give, [outputs].
        """
        changed = {}
        for projection, (weights, shift) in zip(self.projections, fits, strict=True):
            name = f"{projection.conv}.weight"
            changed[name] = weights.T.reshape(state[name][:, kept].shape).contiguous()
            if projection.norm is None:
                changed[f"{projection.conv}.bias"] = shift
            else:  # which takes its mean off
                mean = f"{projection.norm}.running_mean"
                changed[mean] = state[mean] - shift
        return self._by_makers(state, kept, changed)

    def _by_makers(
        self, state: State, kept: Tensor, changed: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        """Changed weights with those of the makers, which may be projections too."""
        makers = tuple(f"{maker}." for maker in self.makers)
        made = {
            name: value[kept]
            for name, value in {**state, **changed}.items()
            if name.startswith(makers) and value.ndim
        }
        return changed | made
