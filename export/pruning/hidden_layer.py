"""Hidden layers: channels that one convolution makes and one projection takes, and nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from torch import Tensor, nn

from ...models.blocks import ConvBranch, FusedMBConv, LowFormerBlock, MBConv, Residual
from ...models.config import LowFormerConfig
from ...models.lowformer import Backbone

MAIN = "main"
"""What a link with a hidden layer calls the module that has it."""


@dataclasses.dataclass(frozen=True)
class HiddenLayer:
    """The hidden channels of an MBConv or of an MLP.

    Attributes:
        path: Of the module in the network, such as ``backbone.stages.0.op_list.0.main``.
        stage: 0 for the stem, 1 to 4 for the stages.
        block: From 0: of an MBConv the stride-2 block of a stage is the first, of an MLP the first
            block with one.
        is_mlp: Whether it is an MLP's.
        channels: How many there are.
    """

    path: str
    stage: int
    block: int
    is_mlp: bool
    channels: int

    @property
    def projection(self) -> str:
        """Path of the 1x1 convolution that takes the channels, within the module."""
        return "3" if self.is_mlp else "point_conv.conv"

    def pruned_state(
        self, state: Mapping[str, Tensor], kept: Tensor, weights: Tensor, shift: Tensor
    ) -> dict[str, Tensor]:
        """The weights of the module with fewer channels.

        Args:
            state: Its own, by name.
            kept: Channels that stay.
            weights: Of the projection from these, [outputs, kept].
            shift: What is to be added to what it gives, [outputs].
        """
        after, norm = f"{self.projection}.", "point_conv.norm."
        pruned = {}
        for name, value in state.items():
            made_here = not name.startswith((after, norm, "0."))
            pruned[name] = value[kept] if made_here and value.ndim else value
        pruned[f"{after}weight"] = weights[:, :, None, None]
        if self.is_mlp:
            pruned[f"{after}bias"] = shift
        else:  # a BatchNorm follows, which takes its mean off
            pruned[f"{norm}running_mean"] = pruned[f"{norm}running_mean"] - shift
        return pruned


@dataclasses.dataclass(frozen=True)
class Link:
    """One module of the chain that a backbone is.

    Attributes:
        path: Of the module in the network.
        module: Takes what the link before it gives.
        layer: Its hidden layer, where it has one.
    """

    path: str
    module: nn.Module
    layer: HiddenLayer | None = None


def chain(backbone: Backbone, prefix: str = "backbone") -> list[Link]:
    """A backbone as a chain of modules, each with one hidden layer at most."""
    links = [
        link
        for place, module in enumerate(_blocks(backbone.input_stem))
        for link in _links(f"{prefix}.input_stem.op_list.{place}", module, 0, place - 1)
    ]
    for stage, blocks in enumerate(backbone.stages, 1):
        for place, module in enumerate(_blocks(blocks)):
            links += _links(f"{prefix}.stages.{stage - 1}.op_list.{place}", module, stage, place)
    return links


def _blocks(stage: nn.Module) -> nn.ModuleList:
    blocks = stage.op_list
    assert isinstance(blocks, nn.ModuleList)
    return blocks


def hidden_layers(backbone: Backbone, prefix: str = "backbone") -> list[HiddenLayer]:
    """All hidden layers of a backbone, in the order in which they run."""
    return [link.layer for link in chain(backbone, prefix) if link.layer]


def with_channels(config: LowFormerConfig, channels: Mapping[HiddenLayer, int]) -> LowFormerConfig:
    """An architecture with other numbers of hidden channels.

    Args:
        config: The architecture.
        channels: By layer; layers that are left out keep theirs.
    """
    blocks = [config.depths[0], *config.depths[1:3], *(depth + 1 for depth in config.depths[3:])]
    hidden = [
        [config.hidden(stage, block) for block in range(count)]
        for stage, count in enumerate(blocks)
    ]
    mlps = [
        [config.mlp_hidden(stage, block) for block in range(config.depths[stage])]
        for stage in (3, 4)
    ]
    for layer, count in channels.items():
        if layer.is_mlp:
            mlps[layer.stage - 3][layer.block] = count
        else:
            hidden[layer.stage][layer.block] = count
    return config.replace(
        hidden_channels=tuple(map(tuple, hidden)), mlp_channels=tuple(map(tuple, mlps))
    )


def _links(path: str, module: nn.Module, stage: int, block: int) -> list[Link]:
    """The links of one block."""
    if isinstance(module, LowFormerBlock):
        context, local = module.total
        parts = context if isinstance(context, nn.Sequential) else [context]
        inner = f"{path}.total.0"
        links = []
        for place, part in enumerate(parts):
            own = f"{inner}.{place}" if isinstance(context, nn.Sequential) else inner
            links += _links(own, part, stage, block - 1)
        return links + _links(f"{path}.total.1", local, stage, block)
    layer = None
    if isinstance(module, Residual | ConvBranch):
        layer = _layer(f"{path}.{MAIN}", module.main, stage, block)
    return [Link(path, module, layer)]


def _layer(path: str, module: nn.Module, stage: int, block: int) -> HiddenLayer | None:
    """The hidden layer of a module, or None where it has none, as attention."""
    if isinstance(module, FusedMBConv | MBConv):
        return HiddenLayer(path, stage, block, False, module.point_conv.conv.in_channels)
    if isinstance(module, nn.Sequential) and isinstance(module[-1], nn.Conv2d):
        return HiddenLayer(path, stage, block, True, module[-1].in_channels)
    return None
