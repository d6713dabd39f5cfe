"""Whether weights fit a model, by names and shapes, and what they fit instead."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from ..errors import CheckpointError
from ..process.text import printable
from .config import LARGEST_SIZE, LowFormerConfig
from .network import build_network
from .variants import VARIANTS
from .weight_names import groups_of

CLASSIFIER = "head.op_list.3.linear.weight"

UNUSED = "num_batches_tracked"
"""A counter of BatchNorm's that evaluation does not use, and that some savers leave out."""

Shapes = Mapping[str, tuple[int, ...]]

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
    """The registered variant with these names and shapes, and their number of classes."""
    classes = shapes.get(CLASSIFIER, ())
    if not classes or not 1 <= classes[0] <= LARGEST_SIZE:
        return None
    for config in VARIANTS.values():
        own = config.replace(num_classes=classes[0])
        if shapes == shapes_of_model(own):
            return own
    return None


def nearest_variant(shapes: Shapes) -> tuple[str, int, int] | None:
    """The variant that most of the weights are like: its name, how many of them, and of how many.

    None where they are like none.
    """
    counts = {
        name: (sum(own.get(key) == shape for key, shape in shapes.items()), len(own))
        for name, own in ((config.name, shapes_of_model(config)) for config in VARIANTS.values())
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
    classes = (found.get(CLASSIFIER) or (0,))[0]
    if 1 <= classes <= LARGEST_SIZE and found == shapes_of_model(
        config.replace(num_classes=classes)
    ):
        raise CheckpointError(
            f"{path}: has {classes} classes, the model {config.num_classes}; give `num_classes`"
            f" {classes}"
        )
    differences = "; ".join(_differences(expected, found))
    raise CheckpointError(
        f"{path}: not a checkpoint of {config.name}: {differences}; it holds"
        f" {described_groups(found)}; {advice_on(found)}"
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
        return f"it fits model {fitting.name}"
    nearest = nearest_variant(shapes)
    if nearest is None:
        return "no registered variant fits it, and none is like it"
    name, alike, total = nearest
    return (
        f"no registered variant fits it; the nearest is {name}, of whose {total} weights it has"
        f" {alike} in the same shape; give the `config` that it was trained with"
    )


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
