"""What a config says of hidden layers' channels."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ...models.config import LowFormerConfig
from ...models.dense_head import DenseHead, DetectionHead
from .hidden_layer import HiddenLayer, LayerWidth

HEAD = "dense_head."
"""How the fields of a neck and head begin."""


RANKS = "spatial_ranks"
"""The field of ranks, whose places are those of the channels' field."""


def with_widths(
    config: LowFormerConfig, widths: Mapping[HiddenLayer, LayerWidth]
) -> LowFormerConfig:
    """An architecture with other numbers of hidden channels, and other ranks of what makes them.

    Args:
        config: The architecture.
        widths: By layer; layers that are left out keep theirs.
    """
    fields = _stated(config)
    for layer, width in widths.items():
        fields[layer.field] = _replaced(fields[layer.field], layer.place, width.channels)
        if layer.spatial:
            fields[RANKS] = _replaced(fields[RANKS], layer.place, width.rank)
    if not any(map(any, fields[RANKS])):
        fields[RANKS] = ()
    backbone = {name: value for name, value in fields.items() if not name.startswith(HEAD)}
    if config.dense_head is None:
        return config.replace(**backbone)
    own = {name[len(HEAD) :]: value for name, value in fields.items() if name.startswith(HEAD)}
    if own.get("class_channels") == ():  # no convolutions before the last ones
        own["channels"] = own["neck_channels"]
    return config.replace(**backbone, dense_head=dataclasses.replace(config.dense_head, **own))


def _stated(config: LowFormerConfig) -> dict[str, Any]:
    """All fields of channels, with every number."""
    blocks = [config.depths[0], *config.depths[1:3], *(depth + 1 for depth in config.depths[3:])]
    hidden = tuple(
        tuple(config.hidden(stage, block) for block in range(count))
        for stage, count in enumerate(blocks)
    )
    mlps = tuple(
        tuple(config.mlp_hidden(stage, block) for block in range(config.depths[stage]))
        for stage in (3, 4)
    )
    ranks = tuple(
        tuple(config.spatial_rank(stage, block) for block in range(count))
        for stage, count in enumerate(blocks)
    )
    fields = {"hidden_channels": hidden, "mlp_channels": mlps, RANKS: ranks}
    return fields | (_stated_of_head(config.dense_head) if config.dense_head else {})


def _stated_of_head(head: DenseHead) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "lateral_channels": head.lateral_width,
        "neck_channels": head.neck_channels,
    }
    if isinstance(head, DetectionHead):
        fields |= {"class_channels": head.class_widths, "box_channels": head.box_widths}
    else:
        inner = tuple(widths[:-1] for widths in head.scale_widths)
        fields |= {"channels": head.channels, "scale_channels": inner}
    return {f"{HEAD}{name}": value for name, value in fields.items()}


def _replaced(value: Any, place: tuple[int, ...], count: int) -> Any:
    """A field with another number at a place."""
    if not place:
        return count
    first, *rest = place
    return (*value[:first], _replaced(value[first], tuple(rest), count), *value[first + 1 :])
