"""Reading and writing checkpoints, strictly and without running code from them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from ..artifact.preprocessing import Preprocessing
from ..errors import CheckpointError, ConfigError
from ..process.text import printable
from .checkpoint_file import CheckpointFile, open_checkpoint
from .checkpoint_fit import check_fit, described_groups, is_unused, shapes_of
from .config import LowFormerConfig
from .mmengine_file import has_swapped_averages
from .mmengine_settings import TrainedHead, trained_head
from .network import Network, build_network
from .restricted_pickle import Inert
from .stated_preprocessing import CHECKPOINT
from .trainer_options import stated_parameters
from .weight_names import published_names
from .weight_sets import WeightSet, choose, entries_of, listed, sets_in, unnamed_averages

_OWN = ("config", "preprocessing", "labels")
"""What our own safetensors state."""

_STATISTICS = ("running_mean", "running_var")
"""Buffers that averages of parameters alone leave out."""

_NO_TENSORS = {
    "torch._utils._rebuild_qtensor": "a quantized tensor",
    "torch._utils._rebuild_sparse_tensor": "a sparse tensor",
    "torch._utils._rebuild_meta_tensor_no_storage": "a tensor without values",
    "torch._utils._rebuild_nested_tensor": "a nested tensor",
}
"""What is no plain tensor, by what it is built by."""


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint file holds.

    Attributes:
        path: The file.
        digest: SHA-256 of the file, or of its shards' names and digests, in hex.
        state: Tensors by key, with the published keys.
        config: The architecture, where the file states it (our own safetensors do).
        preprocessing: The evaluation's preprocessing, where the file states all of it.
        stated: Parameters of the preprocessing that a trainer's options in the file state.
        labels: Class names in order, where the file states them.
        is_timm: Whether the keys were timm's names.
        taken: Which of several sets of weights these are; empty where the file has but one.
        notes: What was taken of the file, and what was changed or left, a line each.
        name: How it is called, where that is not the file's name.
        stated_by: Who stated the preprocessing.
        trained_head: What is known of a head for detection or segmentation besides its weights,
            where it is not ours.
    """

    path: Path
    digest: str
    state: Mapping[str, Tensor]
    config: LowFormerConfig | None = None
    preprocessing: Preprocessing | None = None
    stated: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    labels: tuple[str, ...] | None = None
    is_timm: bool = False
    taken: str = ""
    notes: tuple[str, ...] = ()
    name: str = ""
    stated_by: str = CHECKPOINT
    trained_head: TrainedHead | None = None

    @property
    def shown_name(self) -> str:
        """How it is called, as text that can be shown."""
        return printable(self.name or self.path.name)


def read_checkpoint(path: Path, key: str | None = None) -> Checkpoint:
    """Reads safetensors, or what ``torch.save`` writes, such as the published ``evalmodel.pt``.

    No code is run: of what a PyTorch file holds, tensors and plain containers are built, and
    everything else is left out (:mod:`.restricted_pickle`). Both may be in shards, with an index.
    The tensors may be at the top or under any keys. Of several sets the averaged one is taken,
    which trainers evaluate. What wrappers put before the keys is taken off, and timm's names are
    mapped to the published ones.

    Args:
        path: The file, or an index of shards, or one of them.
        key: Which of several sets of weights is taken, such as ``state_dict`` or ``ema.0.9998``.

    Raises:
        CheckpointError: The file is missing, damaged, unsafe, or holds something else.
    """
    file = open_checkpoint(path)
    try:
        sets = sets_in(file.content)
        if not sets:
            raise CheckpointError(why_no_set(file.content))
        chosen = choose(sets, key)
        state, names_are_timms = _published(_with_statistics(chosen, sets))
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error
    own, ignored = own_metadata(file)
    trained = None if "config" in own else trained_head(file.content, shapes_of(state))
    return Checkpoint(
        path,
        file.digest,
        state,
        config=own.get("config"),
        preprocessing=own.get("preprocessing"),
        labels=own.get("labels") or (trained.labels if trained else None),
        stated=stated_parameters(file.content),
        is_timm=names_are_timms,
        taken=chosen.key if len(sets) > 1 else "",
        notes=tuple(_notes_on(file, sets, chosen, ignored, is_asked=key is not None)),
        trained_head=trained,
    )


def _published(tensors: Mapping[str, Tensor | Inert]) -> tuple[dict[str, Tensor], bool]:
    """The tensors of a set by the published names, and whether they had timm's.

    Raises:
        CheckpointError: One is no plain tensor.
    """
    state = {}
    published, names_are_timms = published_names(tensors)
    for name, value in tensors.items():
        if not isinstance(value, Tensor):
            kind = _NO_TENSORS.get(value.kind, printable(value.kind))
            raise CheckpointError(
                f"{printable(name)} is not a plain tensor but {kind}; save dense weights"
            )
        state[published[name]] = value
    return state, names_are_timms


def _with_statistics(chosen: WeightSet, sets: list[WeightSet]) -> Mapping[str, Tensor | Inert]:
    """A set's tensors, with the norms' statistics of another one where it has parameters alone."""
    lender = _lender(chosen, sets)
    if lender is None:
        return chosen.tensors
    lent = {
        name: value
        for name, value in lender.tensors.items()
        if name.rpartition(".")[2] in _STATISTICS
    }
    return {**chosen.tensors, **lent}


def _lender(chosen: WeightSet, sets: list[WeightSet]) -> WeightSet | None:
    """The set whose norms' statistics an average of parameters is evaluated with."""
    if not chosen.is_averaged or any(
        name.rpartition(".")[2] in _STATISTICS for name in chosen.tensors
    ):
        return None
    return next((one for one in sets if one.is_network and not one.is_averaged), None)


def why_no_set(content: object) -> str:
    """Why there are no weights in what a file holds, and what would help."""
    module = _module_in(content)
    if module:
        return (
            f"holds a whole module, {module}, whose code would have to be run; save its"
            " state_dict() instead"
        )
    entries = entries_of(content)
    held = ", ".join(
        f"{key} ({_kind_of(value)})" for key, value in list((entries or {}).items())[:6]
    )
    return (
        "holds no state dict (a mapping of names to tensors, bare or under 'state_dict'); it holds"
        f" {printable(held) or _kind_of(content)}; save the model's state_dict()"
    )


def _module_in(content: object, depth: int = 2) -> str | None:
    """The class of a pickled module, at the top or under a key."""
    if isinstance(content, Inert) and "_modules" in content.attributes:
        return printable(content.kind)
    values = content.values() if isinstance(content, Mapping) and depth else ()
    return next(filter(None, (_module_in(value, depth - 1) for value in values)), None)


def _kind_of(value: object) -> str:
    if isinstance(value, Mapping):
        kinds = {_kind_of(one) for one in value.values() if not isinstance(one, Mapping)}
        return f"{len(value)} of {kinds.pop()}" if len(kinds) == 1 else f"{len(value)} entries"
    if isinstance(value, Inert):
        return printable(value.arguments[0].kind if _is_array(value) else value.kind)
    return "tensor" if isinstance(value, Tensor) else type(value).__name__


def _is_array(value: Inert) -> bool:
    """Whether it stands for an array of numpy's, by what builds it."""
    first = value.arguments[:1]
    return (
        value.kind.endswith("multiarray._reconstruct")
        and bool(first)
        and isinstance(first[0], type)
        and issubclass(first[0], Inert)
    )


def own_metadata(file: CheckpointFile) -> tuple[dict[str, Any], list[str]]:
    """What our own safetensors state, and the names of metadata that are somebody else's.

    Args:
        file: A checkpoint's.

    Returns:
        ``config``, ``preprocessing`` and ``labels``, those that are there; and names.

    Raises:
        CheckpointError: They are ours, and damaged.
    """
    read, ignored = {}, []
    is_ours = all(name in file.metadata for name in _OWN)
    for name in _OWN:
        if name not in file.metadata:
            continue
        try:
            read[name] = _stated(name, json.loads(file.metadata[name]))
        except (ValueError, TypeError, AttributeError, RecursionError, ConfigError) as error:
            if is_ours:
                raise CheckpointError(f"{file.path}: its metadata are damaged ({error})") from error
            ignored.append(name)
    return read, ignored


def _stated(name: str, value: Any) -> LowFormerConfig | Preprocessing | tuple[str, ...]:
    if name == "config":
        return LowFormerConfig.from_dict(value)
    if name == "preprocessing":
        return Preprocessing.from_dict(value)
    if not isinstance(value, list):
        raise ConfigError("labels must be a list")
    return tuple(map(str, value))


def _notes_on(
    file: CheckpointFile,
    sets: list[WeightSet],
    chosen: WeightSet,
    ignored: list[str],
    *,
    is_asked: bool,
) -> Iterable[str]:
    """What a user should know of how a file was read."""
    if len(sets) > 1:
        why = " (averaged over training)" if chosen.is_averaged and not is_asked else ""
        yield (f"holds several sets of weights; took {listed([chosen])}{why} of {listed(sets)}")
    if has_swapped_averages(file.content):
        yield "mmengine saves the average as state_dict, and what was trained as ema_state_dict"
    place = None if chosen.is_averaged else unnamed_averages(file.content)
    if place:
        yield f"holds averaged weights without names in {printable(place)}, which are not read"
    lender = _lender(chosen, sets)
    if lender:
        yield f"{listed([chosen])} has no statistics of norms; took those of {listed([lender])}"
    if chosen.prefix:
        yield f"took {printable(chosen.prefix)} off its names"
    if chosen.left_out:
        beside = described_groups(dict.fromkeys(chosen.left_out))
        yield f"left out what is beside the network, {beside}"
    kinds = sorted(
        {
            str(value.dtype).removeprefix("torch.")
            for value in chosen.tensors.values()
            if isinstance(value, Tensor) and value.is_floating_point()
        }
        - {"float32"}
    )
    if kinds:
        yield f"its weights are {' and '.join(kinds)}; taken as float32"
    if ignored:
        yield f"its metadata {', '.join(ignored)} are not lowformer-edge's; not used"


def load_weights(config: LowFormerConfig, checkpoint: Checkpoint) -> Network:
    """Builds the model and fills it strictly.

    Returns:
        The model in evaluation mode, in float32.

    Raises:
        CheckpointError: Keys, shapes or classes differ, or a weight is not finite. The message
            says which, and names the variant that would fit. Or the file says that the weights are
            of another network.
    """
    try:
        check_fit(checkpoint.path, config, shapes_of(checkpoint.state))
    except CheckpointError as error:
        if not checkpoint.taken:
            raise
        taken = printable(checkpoint.taken)
        raise CheckpointError(
            f"{error}; these are the weights in {taken}, `checkpoint_key` takes others"
        ) from error
    if checkpoint.trained_head and checkpoint.trained_head.why_not:
        raise CheckpointError(f"{checkpoint.path}: {checkpoint.trained_head.why_not}")
    with torch.device("meta"):
        model = build_network(config)
    state = converted(checkpoint.path, checkpoint.state, model.state_dict())
    model = model.to_empty(device="cpu")
    model.load_state_dict(state)
    return model.eval()


def converted(
    path: Path, found: Mapping[str, Tensor], expected: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Weights in the types that a network has them in.

    Args:
        path: Where they are from.
        found: Weights with the names and shapes of the network's; its counters may be missing.
        expected: The network's own, which are not looked into.

    Raises:
        CheckpointError: One is not finite, or no floating-point number.
    """
    state, bad = {}, []
    for key, wanted in expected.items():
        value = found.get(key)
        if is_unused(key):
            counts = value is not None and value.dtype == wanted.dtype and value.numel() == 1
            state[key] = value.reshape(()) if value is not None and counts else torch.tensor(0)
            continue
        assert value is not None
        if value.is_complex() or not value.is_floating_point():
            raise CheckpointError(f"{path}: {key} is of type {value.dtype}, not {wanted.dtype}")
        state[key] = value.to(wanted.dtype)
        if not bool(state[key].isfinite().all()):
            bad.append(key)
    if bad:
        more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
        raise CheckpointError(
            f"{path}: {bad[0]}{more} holds NaN or infinite values; the model cannot be exported"
        )
    return state


def save_checkpoint(
    path: Path,
    model: Network,
    preprocessing: Preprocessing,
    labels: Iterable[str],
    *,
    dtype: torch.dtype = torch.float32,
) -> None:
    """Writes a safetensors checkpoint that states its config, preprocessing and labels.

    Args:
        path: The file to write.
        model: The model.
        preprocessing: The evaluation's preprocessing.
        labels: Class names in order.
        dtype: Type in which floating-point tensors are stored.
    """
    state = {
        key: (value.to(dtype) if value.is_floating_point() else value).contiguous()
        for key, value in model.state_dict().items()
    }
    metadata = {
        "config": json.dumps(model.config.to_dict()),
        "preprocessing": json.dumps(preprocessing.to_dict()),
        "labels": json.dumps(list(labels)),
    }
    save_file(state, path, metadata=metadata)
