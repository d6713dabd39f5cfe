"""A backbone as a chain of modules, and its hidden layers: those of MBConvs and MLPs."""

from __future__ import annotations

import dataclasses

from torch import nn

from ...models.blocks import ConvBranch, FusedMBConv, LowFormerBlock, MBConv, Residual
from ...models.lowformer import Backbone
from .hidden_layer import HiddenLayer, Projection, SpatialConv

MAIN = "main"
"""What a link with a hidden layer calls the module that has it."""

MLP_STAGE = 3
"""The first stage with MLPs."""


@dataclasses.dataclass(frozen=True)
class Link:
    """One module of the chain.

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


def _links(path: str, module: nn.Module, stage: int, block: int) -> list[Link]:
    """The links of one block; a stage's stride-2 block is the first."""
    if isinstance(module, LowFormerBlock):
        context, local = module.total
        parts = context if isinstance(context, nn.Sequential) else [context]
        inner = f"{path}.total.0"
        links = []
        for place, part in enumerate(parts):
            own = f"{inner}.{place}" if isinstance(context, nn.Sequential) else inner
            links += _links(own, part, stage, block)
        return links + _links(f"{path}.total.1", local, stage, block)
    layer = None
    if isinstance(module, Residual | ConvBranch):
        layer = _layer(f"{path}.{MAIN}", module.main, stage, block)
    return [Link(path, module, layer)]


def _layer(path: str, module: nn.Module, stage: int, block: int) -> HiddenLayer | None:
    """The hidden layer of a module, or None where it has none, as attention."""
    if isinstance(module, FusedMBConv | MBConv):
        fused = isinstance(module, FusedMBConv)
        makers = ["spatial_conv"] if fused else ["inverted_conv", "depth_conv"]
        strided = ", strided" if stage and not block else ""
        return HiddenLayer(
            path,
            "hidden_channels",
            (stage, block),
            module.point_conv.conv.in_channels,
            tuple(f"{path}.{maker}" for maker in makers),
            (Projection(f"{path}.point_conv.conv", f"{path}.point_conv.norm"),),
            f"MBConv of stage {stage}{strided}",
            _spatial(path, module) if isinstance(module, FusedMBConv) else None,
        )
    if isinstance(module, nn.Sequential) and isinstance(module[-1], nn.Conv2d):
        return HiddenLayer(
            path,
            "mlp_channels",
            (stage - MLP_STAGE, block - 1),
            module[-1].in_channels,
            (f"{path}.1",),
            (Projection(f"{path}.3"),),
            f"MLP of stage {stage}",
        )
    return None


def _spatial(path: str, module: FusedMBConv) -> SpatialConv:
    """What makes the hidden channels of an MBConv with a dense 3x3 convolution."""
    reduced, made = module.reduced_conv, module.spatial_conv
    assert isinstance(made.norm, nn.BatchNorm2d)
    return SpatialConv(
        f"{path}.reduced_conv",
        f"{path}.spatial_conv.conv",
        f"{path}.spatial_conv.norm",
        made.norm.eps,
        reduced.in_channels if isinstance(reduced, nn.Conv2d) else made.conv.in_channels,
        module.point_conv.conv.out_channels,
        made.conv.in_channels if isinstance(reduced, nn.Conv2d) else 0,
    )
