"""Names of weights as trainers save them: prefixes of wrappers, counters beside the weights."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import TypeVar

from .dense_names import backbone_names, dense_networks_in, is_dense
from .timm_models import has_timms_stem, is_timm, published_name

Value = TypeVar("Value")

WRAPPERS = {
    "module",  # DataParallel, AveragedModel
    "_orig_mod",  # torch.compile
    "_fsdp_wrapped_module",
    "_checkpoint_wrapped_module",
    "opseq",  # one of the authors' head classes
}
"""Parts of names that stand for no layer of a LowFormer, wherever they are."""

_COUNTERS = re.compile(r"(^|\.)(total_ops|total_params|n_averaged|num_updates|updates|steps)$")
"""What thop and averaging leave among the weights; not needed."""

_MARKS = re.compile(r"(.*?)(?:^|(?<=\.))(?:backbone\.input_stem|stem\.0|in_conv\.conv)\.")
"""The first parts of a LowFormer, the authors' and timm's, and what stands before them."""

_PARTS = ("backbone", "head")
"""What published names begin with."""


def plain_name(name: str) -> str:
    """A name without the parts that wrappers of modules add."""
    return ".".join(part for part in name.split(".") if part not in WRAPPERS)


def is_counter(name: str) -> bool:
    """Whether a tensor of this name counts something, and is no weight."""
    return bool(_COUNTERS.search(name))


def is_network(names: Collection[str]) -> bool:
    """Whether names are a LowFormer's: the published ones, or timm's, or a dense network's."""
    return (
        is_timm(names)
        or any(name.startswith("backbone.input_stem.") for name in names)
        or is_dense(names)
    )


def published_names(names: Collection[str]) -> tuple[dict[str, str], bool]:
    """The published name of each weight of a network, and whether the network had timm's."""
    if is_timm(names):
        return {name: published_name(name) for name in names}, True
    if not is_dense(names):
        return {name: name for name in names}, False
    published, names_are_timms = published_backbone(backbone_names(names))
    return {name: published.get(name, name) for name in names}, names_are_timms


def published_backbone(own: Mapping[str, str]) -> tuple[dict[str, str], bool]:
    """The published name of each weight of a backbone, and whether the backbone has timm's.

    Args:
        own: What the backbone calls each weight itself, by the name in its network.
    """
    names_are_timms = has_timms_stem(own.values())
    return {
        name: published_name(inner) if names_are_timms else f"backbone.{inner}"
        for name, inner in own.items()
    }, names_are_timms


def networks_in(tensors: Mapping[str, Value]) -> dict[str, dict[str, Value]]:
    """The networks in a dictionary of tensors, by the prefix that their names have.

    A trainer's module may hold a network beside its loss, or two networks. A dense network is one
    with its backbone. Where no prefix gives the names of a LowFormer, there is one network without
    a prefix.

    Args:
        tensors: By name.
    """
    kept = {name: value for name, value in tensors.items() if not is_counter(name)}
    dense = dense_networks_in(kept)
    prefixes = [
        prefix
        for prefix in dict.fromkeys(match[1] for match in map(_MARKS.match, kept) if match)
        if not any(prefix == one or prefix.startswith(f"{one}backbone.") for one in dense)
    ]
    found = {prefix: _under(kept, prefix, prefixes) for prefix in prefixes}
    networks = {prefix: part for prefix, part in found.items() if is_network(part)}
    return networks | dense or {"": kept}


def _under(tensors: Mapping[str, Value], prefix: str, prefixes: Iterable[str]) -> dict[str, Value]:
    """What has a prefix and no longer one of the others."""
    longer = tuple(one for one in prefixes if one != prefix and one.startswith(prefix))
    return {
        name[len(prefix) :]: value
        for name, value in tensors.items()
        if name.startswith(prefix) and not (longer and name.startswith(longer))
    }


def groups_of(names: Iterable[str]) -> dict[str, int]:
    """How many names begin with each first part, or first two of the published ones."""
    counts: dict[str, int] = {}
    for name in names:
        parts = name.split(".")
        group = ".".join(parts[:2]) if parts[0] in _PARTS and len(parts) > 2 else parts[0]
        counts[group] = counts.get(group, 0) + 1
    return counts
