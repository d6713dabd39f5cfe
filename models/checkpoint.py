"""Reading and writing checkpoints, strictly and without running code from them."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pickle
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..artifact.preprocessing import Preprocessing
from ..errors import CheckpointError, ConfigError
from .config import LowFormerConfig
from .lowformer import LowFormer
from .timm_models import is_timm, published_name
from .variants import VARIANTS

_CLASSIFIER = "head.op_list.3.linear.weight"

_SETS = ("state_dict_ema", "state_dict")
"""Where weights are found in a file, the first that is there."""


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint file holds.

    Attributes:
        path: The file.
        digest: SHA-256 of the file, in hex.
        state: Tensors by key, with the published keys.
        config: The architecture, where the file states it (our own safetensors do).
        preprocessing: The evaluation's preprocessing, where the file states it.
        labels: Class names in order, where the file states them.
        is_timm: Whether the keys were timm's names.
        taken: Which of several sets of weights these are; empty where the file has but one.
    """

    path: Path
    digest: str
    state: Mapping[str, Tensor]
    config: LowFormerConfig | None = None
    preprocessing: Preprocessing | None = None
    labels: tuple[str, ...] | None = None
    is_timm: bool = False
    taken: str = ""


def read_checkpoint(path: Path) -> Checkpoint:
    """Reads ``.safetensors``, or a PyTorch file of tensors such as the published ``evalmodel.pt``.

    PyTorch files are read with ``weights_only=True``: one that holds code is refused. The
    tensors may be bare or under ``state_dict``, or under ``state_dict_ema`` beside it, as timm's
    training script writes them: the averaged weights are taken, which it evaluates. The prefixes
    ``module.`` (data parallel) and ``head.opseq.`` (one of the authors' head classes), and timm's
    names, are mapped to the published keys.

    Raises:
        CheckpointError: The file is missing, damaged, unsafe, or holds something else.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: there is no such checkpoint file")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read ({error.strerror})") from error
    digest = hashlib.sha256(content).hexdigest()
    if content[8:9] == b"{" and content[:2] != b"PK":
        return _read_safetensors(path, digest)
    weights, taken = _chosen_weights(_load_tensors(path))
    state, has_timms_names = _published_keys(path, weights)
    return Checkpoint(path, digest, state, is_timm=has_timms_names, taken=taken)


def _read_safetensors(path: Path, digest: str) -> Checkpoint:
    try:
        with safe_open(path, framework="pt") as file:
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            metadata = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{path}: not a whole safetensors file ({error}); copy or download it again"
        ) from error
    try:
        stated = ("config", "preprocessing", "labels")
        fields = {key: json.loads(metadata[key]) for key in stated if key in metadata}
        state, has_timms_names = _published_keys(path, state)
        return Checkpoint(
            path,
            digest,
            state,
            is_timm=has_timms_names,
            config=LowFormerConfig.from_dict(fields["config"]) if "config" in fields else None,
            preprocessing=(
                Preprocessing.from_dict(fields["preprocessing"])
                if "preprocessing" in fields
                else None
            ),
            labels=tuple(map(str, fields["labels"])) if "labels" in fields else None,
        )
    except (ValueError, TypeError, AttributeError, RecursionError, ConfigError) as error:
        raise CheckpointError(f"{path}: its metadata are damaged ({error})") from error


def _load_tensors(path: Path) -> object:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about pickle protocols and file formats
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged pickles raise whatever their bytes happen to mean
        message = str(error)
        if "TorchScript" in message:
            raise CheckpointError(
                f"{path}: is a TorchScript program, which holds code; save the state_dict of the"
                " eager model"
            ) from error
        if isinstance(error, pickle.UnpicklingError) and "Weights only load failed" in message:
            raise CheckpointError(
                f"{path}: damaged, or holds Python objects besides tensors, which could run code;"
                " it is refused; save its state_dict alone, or as safetensors"
            ) from error
        raise CheckpointError(
            f"{path}: not a whole PyTorch checkpoint; copy or download it again"
        ) from error


def _chosen_weights(content: object) -> tuple[object, str]:
    """The weights of a loaded file, and which of several sets they are."""
    if not isinstance(content, Mapping):
        return content, ""
    sets = [name for name in _SETS if isinstance(content.get(name), Mapping) and content[name]]
    if not sets:
        return content, ""
    return content[sets[0]], sets[0] if len(sets) > 1 else ""


def _published_keys(path: Path, content: object) -> tuple[dict[str, Tensor], bool]:
    """The tensors of a loaded file under the published keys, and whether they had timm's."""
    if (
        not isinstance(content, Mapping)
        or not content
        or not all(isinstance(value, Tensor) for value in content.values())
        or not all(isinstance(key, str) for key in content)
    ):
        raise CheckpointError(
            f"{path}: holds no state dict (a mapping of names to tensors, bare or under"
            " 'state_dict')"
        )
    for key, value in content.items():
        if value.layout != torch.strided or value.is_meta or value.is_quantized:
            raise CheckpointError(f"{path}: {key} is not a plain tensor; save dense weights")
    state = {
        key.removeprefix("module.").replace("head.opseq.", "head."): value
        for key, value in content.items()
    }
    if not is_timm(state):
        return state, False
    return {published_name(name): value for name, value in state.items()}, True


def load_weights(config: LowFormerConfig, checkpoint: Checkpoint) -> LowFormer:
    """Builds the model and fills it strictly.

    Returns:
        The model in evaluation mode, in float32.

    Raises:
        CheckpointError: Keys, shapes or classes differ, or a weight is not finite. The message
            says which, and names the variant that would fit.
    """
    with torch.device("meta"):
        model = LowFormer(config)
    wanted = model.state_dict()
    _check_fit(config, shapes_of(wanted), checkpoint)
    state = {}
    for key, value in checkpoint.state.items():
        if value.is_complex() or (wanted[key].is_floating_point() != value.is_floating_point()):
            raise CheckpointError(
                f"{checkpoint.path}: {key} is of type {value.dtype}, not {wanted[key].dtype}"
            )
        state[key] = value.to(wanted[key].dtype)
    bad = [key for key, value in state.items() if not bool(value.isfinite().all())]
    if bad:
        raise CheckpointError(
            f"{checkpoint.path}: {_listed(bad)} holds NaN or infinite values; the model cannot"
            " be exported"
        )
    model = model.to_empty(device="cpu")
    model.load_state_dict(state)
    return model.eval()


def _check_fit(
    config: LowFormerConfig, expected: Mapping[str, tuple[int, ...]], checkpoint: Checkpoint
) -> None:
    found = shapes_of(checkpoint.state)
    if found == expected:
        return
    classes = found.get(_CLASSIFIER, (0,))[0]
    if classes and found == _shapes(config.replace(num_classes=classes)):
        raise CheckpointError(
            f"{checkpoint.path}: has {classes} classes, the model {config.num_classes};"
            f" give `num_classes` {classes}"
        )
    fitting = fitting_variant(found)
    differences = []
    missing = [key for key in expected if key not in found]
    extra = [key for key in found if key not in expected]
    reshaped = [key for key in expected if key in found and found[key] != expected[key]]
    if missing:
        differences.append(f"lacks {_listed(missing)}")
    if extra:
        differences.append(f"has besides {_listed(extra)}")
    if reshaped:
        key = reshaped[0]
        differences.append(
            f"differs in shape at {_listed(reshaped)} ({list(found[key])}, not"
            f" {list(expected[key])})"
        )
    advice = f"it fits model {fitting.name}" if fitting else "no registered variant fits it"
    raise CheckpointError(
        f"{checkpoint.path}: not a checkpoint of {config.name}: {'; '.join(differences)}; {advice}"
    )


def fitting_variant(shapes: Mapping[str, tuple[int, ...]]) -> LowFormerConfig | None:
    """The registered variant with these keys and shapes, and their number of classes."""
    if _CLASSIFIER not in shapes:
        return None
    for config in VARIANTS.values():
        own = config.replace(num_classes=shapes[_CLASSIFIER][0])
        if shapes == _shapes(own):
            return own
    return None


def shapes_of(state: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """Keys and shapes of weights."""
    return {key: tuple(value.shape) for key, value in state.items()}


def _shapes(config: LowFormerConfig) -> dict[str, tuple[int, ...]]:
    """Keys and shapes of a model's state."""
    with torch.device("meta"):
        model = LowFormer(config)
    return shapes_of(model.state_dict())


def _listed(keys: list[str]) -> str:
    return keys[0] if len(keys) == 1 else f"{keys[0]} and {len(keys) - 1} more"


def save_checkpoint(
    path: Path,
    model: LowFormer,
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
