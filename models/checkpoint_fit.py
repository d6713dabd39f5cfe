"""Whether weights fit a model, by names and shapes, and what they fit instead."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

from ..artifact.interface import CLASSIFICATION
from ..errors import CheckpointError
from ..process.text import printable
from .config import LARGEST_SIZE, LowFormerConfig
from .dense_fit import (
    CLASSIFIER,
    Shapes,
    dense_head_of,
    described_weights,
    task_of_weights,
    why_other_anchors,
)
from .dense_head import DENSE_HEADS
from .network import build_network
from .variants import VARIANTS
from .weight_names import groups_of

UNUSED = "num_batches_tracked"
"""A counter of BatchNorm's that evaluation does not use, and that some savers leave out."""

Value = TypeVar("Value")

_LIKE = 0.5
"""Least share of weights with a variant's names and shapes that it is called the nearest for."""


def shapes_of(state: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """Names and shapes of weights, without the counters that evaluation does not use."""
    return {name: tuple(value.shape) for name, value in state.items() if not is_unused(name)}


def is_unused(name: str) -> bool:
    """Whether evaluation does without a tensor of this name."""
    return name.rpartition(".")[2] == UNUSED


@functools.cache
def shapes_of_model(config: LowFormerConfig) -> Shapes:
    """Names and shapes of a model's weights."""
    with torch.device("meta"):
        return shapes_of(build_network(config).state_dict())


def fitting_variant(shapes: Shapes) -> LowFormerConfig | None:
    """The registered variant with these names and shapes, and with their head and classes."""
    for config in VARIANTS.values():
        own = with_head_of(config, shapes)
        if own is None:
            return None
        if shapes == shapes_of_model(own):
            return own
    return None


def with_head_of(config: LowFormerConfig, shapes: Shapes) -> LowFormerConfig | None:
    """An architecture with the head that weights have, and their number of classes.

    Its input size is the one that is usual for the head's task, where the architecture is for
    another one. None where the weights have no head that is known.
    """
    found = dense_head_of(shapes)
    classes = found[1] if found else (shapes.get(CLASSIFIER) or (0,))[0]
    if not 1 <= classes <= LARGEST_SIZE:
        return None
    if found is None:
        return config.replace(num_classes=classes, dense_head=None)
    head = found[0]
    if config.task != head.task:
        config = config.for_task(head.task)
    return config.replace(dense_head=head, num_classes=classes)


def fitting_backbone(shapes: Shapes) -> LowFormerConfig | None:
    """The registered variant whose backbone has these names and shapes, whatever is beside it."""
    own = backbone_of(shapes)
    for config in VARIANTS.values():
        if own == backbone_of(shapes_of_model(config)):
            return config
    return None


def backbone_of(weights: Mapping[str, Value]) -> dict[str, Value]:
    """Those of a network's weights that are the backbone's, by the published names."""
    return {name: value for name, value in weights.items() if name.startswith("backbone.")}


def nearest_variant(shapes: Shapes) -> tuple[str, int, int] | None:
    """The variant that most of the weights are like: its name, how many of them, and of how many.

    None where they are like none.
    """
    likely = [with_head_of(config, shapes) or config for config in VARIANTS.values()]
    counts = {
        name: (sum(own.get(key) == shape for key, shape in shapes.items()), len(own))
        for name, own in ((config.name, shapes_of_model(config)) for config in likely)
    }
    name = max(counts, key=lambda one: counts[one][0] / max(counts[one][1], len(shapes)))
    alike, total = counts[name]
    return (name, alike, total) if alike >= _LIKE * max(total, len(shapes)) else None


def check_fit(path: Path, config: LowFormerConfig, found: Shapes) -> None:
    """Refuses weights that are not a model's.

    Raises:
        CheckpointError: They are not. The message says what differs, what there is, and which
            variant would fit.
    """
    expected = shapes_of_model(config)
    if found == expected:
        return
    _check_task(path, config, found)
    own = with_head_of(config, found)
    if own and found == shapes_of_model(own):
        raise CheckpointError(_differing_head(path, config, own))
    differences = "; ".join(_differences(expected, found))
    raise CheckpointError(
        f"{path}: not a checkpoint of {config.name}: {differences}; it holds"
        f" {described_groups(found)}; {advice_on(found)}"
    )


def _check_task(path: Path, config: LowFormerConfig, found: Shapes) -> None:
    """Refuses weights for another task.

    Raises:
        CheckpointError: They are. The message says what they are, and what would help.
    """
    task = task_of_weights(found)
    if task is None or task == config.task:
        return
    cure = f"give `task` {task!r}" if dense_head_of(found) else why_no_head(found)
    if task == CLASSIFICATION:
        cure = (
            "give weights with a neck and a head for that; load_backbone takes the backbone of"
            " these as a start for training"
        )
    raise CheckpointError(
        f"{path}: holds {described_weights(found)}, but the model is for {config.task}; {cure}"
    )


def _differing_head(path: Path, config: LowFormerConfig, own: LowFormerConfig) -> str:
    """What to say of weights that would fit the same backbone with another head.

    Args:
        path: Where they are from.
        config: What they should be of.
        own: What they are of.
    """
    if own.dense_head != config.dense_head:
        return (
            f"{path}: has {own.dense_head}, the model {config.dense_head}; correct dense_head in"
            " the `config`"
        )
    return (
        f"{path}: has {own.num_classes} classes, the model {config.num_classes}; give `num_classes`"
        f" {own.num_classes}"
    )


def _differences(expected: Shapes, found: Shapes) -> list[str]:
    lines = []
    missing = [key for key in expected if key not in found]
    extra = [key for key in found if key not in expected]
    reshaped = [key for key in expected if key in found and found[key] != expected[key]]
    if missing:
        lines.append(f"lacks {_listed(missing)}")
    if extra:
        lines.append(f"has besides {_listed(extra)}")
    if reshaped:
        key = reshaped[0]
        lines.append(
            f"differs in shape at {_listed(reshaped)} ({list(found[key])}, not"
            f" {list(expected[key])})"
        )
    return lines


def advice_on(shapes: Shapes) -> str:
    """Which variant weights fit, or are most like, and what to do."""
    fitting = fitting_variant(shapes)
    if fitting:
        head = f" with {fitting.dense_head}; its `task` is {fitting.task}"
        return f"it fits model {fitting.name}{head if fitting.dense_head else ''}"
    if task_of_weights(shapes) in DENSE_HEADS and dense_head_of(shapes) is None:
        return why_no_head(shapes)
    backbone = fitting_backbone(shapes)
    if backbone and len(backbone_of(shapes)) == len(shapes):
        return (
            f"it is the backbone of {backbone.name} without a head; load_backbone takes it as a"
            " start for training"
        )
    nearest = nearest_variant(shapes)
    if nearest is None:
        return "no registered variant fits it, and none is like it"
    name, alike, total = nearest
    return (
        f"no registered variant fits it; the nearest is {name}, of whose {total} weights it has"
        f" {alike} in the same shape; give the `config` that it was trained with"
    )


def why_no_head(shapes: Shapes) -> str:
    """Why the head of weights for detection or segmentation is not read."""
    read = " and ".join(head.title for head in DENSE_HEADS.values())
    is_retina = "bbox_head.retina_reg.weight" in shapes
    other = f"its head is of another kind; read are {read}, as mmdet and mmseg have them"
    return (why_other_anchors(shapes) if is_retina else None) or other


def described_groups(names: Mapping[str, object], most: int = 6) -> str:
    """How many weights there are, by the first parts of their names."""
    counts = groups_of(names)
    shown = [f"{printable(group)} ({count})" for group, count in list(counts.items())[:most]]
    if len(counts) > most:
        shown.append(f"{len(counts) - most} more groups")
    return f"{len(names)} weights: {', '.join(shown)}"


def _listed(keys: list[str]) -> str:
    first = printable(keys[0])
    return first if len(keys) == 1 else f"{first} and {len(keys) - 1} more"
