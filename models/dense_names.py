"""Names of weights of detectors and segmenters, as mmdet's and mmseg's trainers save them.

Neck and heads have one name each. The backbone is what was registered there: this LowFormer, the
authors', timm's, or one of these within a wrapper.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

Value = TypeVar("Value")

_NECK = re.compile(r"(.*?)(?:^|(?<=\.))neck\.lateral_convs\.")
_HEAD = re.compile(r"neck\.|(?!auxiliary_)\w+_head\.")
"""A neck, and heads other than those that only training has."""

_STEM = re.compile(r"backbone\.(?P<wrapper>(?:.*\.)??)(?:input_stem\.op_list\.|stem[._])0\.")
"""The first layer of a backbone, and within which module it is."""

_STAGES = re.compile(r"(?:input_stem|stem|stages)[._]")
_FLATTENED = re.compile(r"^(stem|stages)_(?=\d+\.)")
"""What timm's ``features_only`` makes of ``stem.0`` and ``stages.0``."""


def is_dense(names: Iterable[str]) -> bool:
    """Whether weights of these names are a LowFormer's with a feature pyramid upon it."""
    kept = list(names)
    return any(name.startswith("neck.lateral_convs.") for name in kept) and has_backbone(kept)


def has_backbone(names: Iterable[str]) -> bool:
    """Whether a LowFormer is among weights of these names, as ``backbone`` or within it."""
    return any(map(_STEM.match, names))


def dense_networks_in(tensors: Mapping[str, Value]) -> dict[str, dict[str, Value]]:
    """Detectors and segmenters in a dictionary of tensors, by the prefix that their names have.

    A classifier's head that was left in the backbone is no part of them, nor are auxiliary heads.

    Args:
        tensors: By name.
    """
    prefixes = dict.fromkeys(match[1] for match in map(_NECK.match, tensors) if match)
    found = {prefix: _network(tensors, prefix) for prefix in prefixes}
    return {prefix: part for prefix, part in found.items() if is_dense(part)}


def _network(tensors: Mapping[str, Value], prefix: str) -> dict[str, Value]:
    """What has a prefix and belongs to a backbone, a neck or a head."""
    names = {
        name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)
    }
    start = f"backbone.{_wrapper(names)}"
    return {
        name: value
        for name, value in names.items()
        if _HEAD.match(name) or (name.startswith(start) and _STAGES.match(name.removeprefix(start)))
    }


def _wrapper(names: Iterable[str]) -> str:
    """What stands between ``backbone.`` and a LowFormer's own names."""
    return next((match["wrapper"] for match in map(_STEM.match, names) if match), "")


def backbone_names(names: Iterable[str]) -> dict[str, str]:
    """A dense network's names of the backbone's weights, and how the backbone calls them itself.

    Args:
        names: Of a whole network's weights.
    """
    kept = list(names)
    start = f"backbone.{_wrapper(kept)}"
    return {
        name: _FLATTENED.sub(r"\1.", name.removeprefix(start))
        for name in kept
        if name.startswith(start)
    }
