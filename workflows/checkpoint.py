"""What a checkpoint holds, without a model and without running code from it."""

from __future__ import annotations

import collections
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from ..artifact.preprocessing import Preprocessing
from ..artifact.results.checkpoint import CheckpointResult, GroupResult, WeightSetResult
from ..artifact.size import sides_of
from ..errors import CheckpointError
from ..models.checkpoint import own_metadata, why_no_set
from ..models.checkpoint_file import CheckpointFile, open_checkpoint
from ..models.checkpoint_fit import (
    UNUSED,
    advice_on,
    fitting_variant,
    shapes_of,
    shapes_of_model,
)
from ..models.config import LowFormerConfig
from ..models.dense_fit import CLASSIFIER, dense_head_of, task_of_weights
from ..models.dense_head import to_fields
from ..models.mmengine_file import class_names, model_config
from ..models.mmengine_settings import why_other_network
from ..models.restricted_pickle import Inert
from ..models.trainer_options import scalars_of, stated_parameters
from ..models.variants import VARIANTS
from ..models.weight_names import groups_of, published_names
from ..models.weight_sets import WeightSet, choose, sets_in

_LONGEST = 200
"""Characters of safetensors' metadata that are shown; class names and configs are longer."""


_NO_PARAMETERS = ("running_mean", "running_var", UNUSED)
"""Last parts of the names of what is stored beside the parameters."""


def inspect_checkpoint(path: Path) -> CheckpointResult:
    """What a checkpoint holds.

    Args:
        path: What ``torch.save`` writes, safetensors, or an index of shards.

    Raises:
        CheckpointError: It cannot be read, or holds no weights.
    """
    file = open_checkpoint(path)
    own, _ = own_metadata(file)
    try:
        sets = sets_in(file.content)
        if not sets:
            raise CheckpointError(why_no_set(file.content))
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error
    config: LowFormerConfig | None = own.get("config")
    chosen = choose(sets, None)
    trained = model_config(file.content)
    described = {one.key: _described(one, config, trained) for one in sets}
    metadata = {
        name: text
        for name, text in file.metadata.items()
        if name not in own and len(text) <= _LONGEST
    }
    return CheckpointResult(
        path=str(path),
        bytes=file.bytes,
        sha256=file.digest,
        files=tuple(one.name for one in file.files),
        sets=tuple(described.values()),
        taken=chosen.key,
        input_size=_input_size(file, config, described[chosen.key]),
        stated=metadata | scalars_of(file.content),
        preprocessing=_stated(file, own.get("preprocessing")),
        labels=own.get("labels") or class_names(file.content) or None,
    )


def _stated(file: CheckpointFile, own: Preprocessing | None) -> dict[str, object]:
    """The preprocessing's parameters that a file states."""
    if own:
        return own.to_dict()
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in stated_parameters(file.content).items()
    }


def _input_size(
    file: CheckpointFile, config: LowFormerConfig | None, chosen: WeightSetResult
) -> tuple[int, int] | None:
    """Height and width that the file states, or that the variant has as a classifier."""
    if config:
        return sides_of(config.input_size)
    stated = stated_parameters(file.content).get("size")
    if stated is None and chosen.variant and chosen.head is None:
        stated = VARIANTS[chosen.variant].input_size
    return sides_of(stated) if stated else None


def _described(
    one: WeightSet, config: LowFormerConfig | None, trained: Mapping[str, Any]
) -> WeightSetResult:
    """What is known of a set.

    Args:
        one: The set.
        config: Ours, where the file states it.
        trained: mmengine's, as far as the file states it.
    """
    tensors = {name: value for name, value in one.tensors.items() if isinstance(value, Tensor)}
    names, names_are_timms = published_names(tensors)
    shapes = shapes_of({names[name]: value for name, value in tensors.items()})
    stated = config if config and shapes == shapes_of_model(config) else None
    fitting = stated or fitting_variant(shapes)
    head = dense_head_of(shapes)
    other = why_other_network(trained, head[0]) if head and not stated else None
    classes = head[1] if head else (shapes.get(CLASSIFIER) or (None,))[0]
    return WeightSetResult(
        key=one.key,
        averaged=one.is_averaged,
        names="timm" if names_are_timms else "published" if one.is_network else "unknown",
        prefix=one.prefix,
        tensors=len(one.tensors),
        parameters=_parameters(tensors),
        dtypes=dict(collections.Counter(map(_dtype, one.tensors.values()))),
        groups=_groups(tensors),
        variant=fitting.name if fitting and not other else None,
        task=task_of_weights(shapes),
        head=to_fields(head[0]) if head else None,
        classes=classes,
        nearest=other or (None if fitting else advice_on(shapes)),
    )


def _dtype(value: Tensor | Inert) -> str:
    return str(value.dtype).removeprefix("torch.") if isinstance(value, Tensor) else value.kind


def _groups(tensors: Mapping[str, Tensor]) -> dict[str, GroupResult]:
    return {
        group: GroupResult(tensors=count, parameters=_parameters(tensors, group))
        for group, count in groups_of(tensors).items()
    }


def _parameters(tensors: Mapping[str, Tensor], group: str = "") -> int:
    """How many parameters there are, or those in a group of names."""
    return sum(
        value.numel()
        for name, value in tensors.items()
        if (not group or name == group or name.startswith(f"{group}."))
        and name.rpartition(".")[2] not in _NO_PARAMETERS
    )
