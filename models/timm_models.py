"""LowFormers of timm: their names for weights, and what their configs state.

timm is neither needed nor imported. Its ``timm/models/lowformer.py`` computes what the published
code does, under names of its own; the names here are those of timm 1.0.31.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from torch import nn

from ..artifact.preprocessing import Preprocessing
from ..errors import UsageError

_RENAMES = (
    (r"^stem\.(\d+)\.", r"backbone.input_stem.op_list.\1."),
    (r"^stages\.(\d+)\.(\d+)\.", r"backbone.stages.\1.op_list.\2."),
    (r"^in_conv\.", r"head.op_list.0."),
    (r"^pre_classifier\.0\.", r"head.op_list.2.linear."),
    (r"^pre_classifier\.1\.", r"head.op_list.2.norm."),
    (r"^classifier\.", r"head.op_list.3.linear."),
    # With an MLP after it the attention is the first of two, and its main part begins with a norm.
    (r"(?<=\d\.)attn\.main\.(?=\d)", r"total.0.0.main."),
    (r"(?<=\d\.)attn\.main\.(?!\d)", r"total.0.main."),
    (r"(?<=\d\.)mlp\.", r"total.0.1."),
    (r"(?<=\d\.)local\.", r"total.1."),
    (r"\.conv_proj\.conv\.", r".conv_proj.0."),
    (r"\.conv_proj\.norm\.", r".conv_proj.1."),
    (r"\.pwise\.", r".pwise.0."),
)
"""timm's parts of names and the published ones, one after the other."""

_MARKS = ("stem.0.conv.weight", "in_conv.conv.weight", "pre_classifier.0.weight")
"""Names that a LowFormer has in timm and nowhere else together."""

CONFIG = "pretrained_cfg"
"""Where timm keeps what it states of a model."""

_MODES = {"center": "crop", "squash": "squash"}
"""Our names of timm's crop modes."""


def is_timm(names: Collection[str]) -> bool:
    """Whether weights of these names are a LowFormer of timm's."""
    return all(mark in names for mark in _MARKS)


def has_timms_stem(names: Iterable[str]) -> bool:
    """Whether a backbone's weights have timm's names."""
    return _MARKS[0] in names


def published_name(name: str) -> str:
    """The published name of a weight that timm names so."""
    for theirs, ours in _RENAMES:
        name = re.sub(theirs, ours, name)
    return name


def is_timm_module(network: object) -> bool:
    """Whether a module is a LowFormer of timm's."""
    return isinstance(network, nn.Module) and is_timm(network.state_dict())


def stated_preprocessing(network: nn.Module) -> Preprocessing | None:
    """What a module of timm's states of its preprocessing; None where it states nothing.

    Args:
        network: A model that timm made; its ``pretrained_cfg`` is a mapping, or gives one.

    Raises:
        UsageError: It cannot be followed.
    """
    stated: Any = getattr(network, CONFIG, None)
    fields: Mapping[str, Any] | None = stated.to_dict() if hasattr(stated, "to_dict") else stated
    return preprocessing_of_config(fields, "`network`") if fields else None


def preprocessing_of_config(fields: Mapping[str, Any], where: str) -> Preprocessing:
    """What timm's config of a model states of its preprocessing.

    Args:
        fields: Those of a ``pretrained_cfg``.
        where: What states it, for errors.

    Raises:
        UsageError: It cannot be followed.
    """
    try:
        channels, height, width = fields["input_size"]
        mode = fields.get("crop_mode") or "center"
        preprocessing = Preprocessing(
            size=(height, width),
            resize_mode=_MODES.get(mode, mode),
            crop_ratio=fields.get("crop_pct") or 1.0,
            interpolation=fields["interpolation"],
            mean=tuple(fields["mean"]),
            std=tuple(fields["std"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"{where} states a preprocessing that is not readable ({error!r}); give `preprocessing`"
        ) from error
    except UsageError as error:
        raise UsageError(f"{where} states {error}; give `preprocessing`") from error
    if channels != 3 or (preprocessing.resize_mode == "squash" and preprocessing.crop_ratio != 1):
        raise UsageError(
            f"{where} takes {channels} channels in crop mode {fields.get('crop_mode')} of"
            f" {preprocessing.crop_ratio}, which is not supported; give `preprocessing`"
        )
    return preprocessing
