"""Reading a checkpoint's files as plain values: nothing is interpreted, and no code is run."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError

from ..errors import CheckpointError
from ..process.text import one_line, printable
from . import restricted_pickle
from .foreign_file import foreign_kind
from .shards import files_of, weight_map

_REASON = 200
"""Characters that are shown of what a library says of a damaged file."""


@dataclasses.dataclass(frozen=True)
class CheckpointFile:
    """What the files of a checkpoint hold.

    Attributes:
        path: The file that was given.
        files: Itself, or its shards.
        digest: SHA-256 of the file, or of its shards' names and digests, in hex.
        bytes: Size of all files.
        content: Plain values and tensors; see :mod:`.restricted_pickle`.
        metadata: What safetensors state beside the tensors.
    """

    path: Path
    files: tuple[Path, ...]
    digest: str
    bytes: int
    content: Any
    metadata: Mapping[str, str]


def open_checkpoint(path: Path) -> CheckpointFile:
    """Reads ``.safetensors``, what ``torch.save`` writes, or shards of either.

    Raises:
        CheckpointError: A file is missing, damaged, unsafe, or something else.
    """
    files = files_of(path)
    if files == (path,):
        content = _bytes_of(path)
        held, metadata = _parsed(path, content)
        return CheckpointFile(path, files, _digest(content), len(content), held, metadata)
    size, lines = 0, []
    merged: dict[Any, Any] = {}
    all_stated: dict[str, str] = {}
    for file in files:
        content = _bytes_of(file)
        size += len(content)
        lines.append(f"{file.name} {_digest(content)}\n")
        held, stated = _parsed(file, content)
        if not isinstance(held, Mapping):
            raise CheckpointError(f"{file}: a shard that holds no named tensors")
        twice = merged.keys() & held.keys()
        if twice:
            raise CheckpointError(f"{file}: {printable(min(map(str, twice)))} is in two shards")
        merged.update(held)
        all_stated.update(stated)
    _check_complete(path, merged)
    return CheckpointFile(path, files, _digest("".join(lines).encode()), size, merged, all_stated)


def digest_of_checkpoint(path: Path) -> str:
    """The digest that :func:`open_checkpoint` gives, without reading tensors.

    Raises:
        CheckpointError: A file is missing.
    """
    files = files_of(path)
    if files == (path,):
        return _digest(_bytes_of(path))
    return _digest("".join(f"{file.name} {_digest(_bytes_of(file))}\n" for file in files).encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _check_complete(path: Path, tensors: Mapping[str, Any]) -> None:
    if path.suffix != ".json":
        return
    for name, shard in weight_map(path).items():
        if name not in tensors:
            raise CheckpointError(
                f"{path}: {printable(name)} should be in {printable(shard)}, but is not; copy or"
                " download all shards again"
            )


def _bytes_of(path: Path) -> bytes:
    if path.is_dir():
        raise CheckpointError(f"{path}: a folder; there is no such checkpoint file, give one in it")
    if not path.is_file():
        raise CheckpointError(f"{path}: there is no such checkpoint file")
    try:
        return path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read ({error.strerror})") from error


def _parsed(path: Path, content: bytes) -> tuple[Any, Mapping[str, str]]:
    """What a file holds, and its metadata."""
    if content[8:9] == b"{" and content[:2] != b"PK":
        return _parsed_safetensors(path, content)
    if path.suffix == ".safetensors" and content and foreign_kind(content) is None:
        raise CheckpointError(f"{path}: not a whole safetensors file; copy or download it again")
    kind = foreign_kind(content)
    if kind:
        raise CheckpointError(f"{path}: {kind}")
    return _unpickled(path, content), {}


def _parsed_safetensors(path: Path, content: bytes) -> tuple[Any, Mapping[str, str]]:
    try:
        tensors = safetensors.torch.load(content)
        size = int.from_bytes(content[:8], "little")
        return tensors, json.loads(content[8 : 8 + size]).get("__metadata__") or {}
    except (SafetensorError, ValueError, LookupError, RuntimeError, TypeError) as error:
        raise CheckpointError(
            f"{path}: not a whole safetensors file ({_reason(error)}); copy or download it again"
        ) from error


def _unpickled(path: Path, content: bytes) -> Any:
    """What a file of ``torch.save`` holds.

    ``weights_only=True`` would refuse files for an options object beside the weights. Here the
    pickle module does not run code either: it builds tensors and containers alone.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about pickle protocols and file formats
            if _is_program(content):
                raise pickle.UnpicklingError("a TorchScript program")
            return torch.load(
                io.BytesIO(content),
                map_location="cpu",
                pickle_module=restricted_pickle,
                weights_only=False,  # its place is taken by the module above
            )
    except restricted_pickle.RefusedGlobalError as error:
        raise CheckpointError(
            f"{path}: names {printable(str(error))}, which could run code; it is refused, do not"
            " trust it; a state_dict holds tensors alone"
        ) from error
    except Exception as error:  # damaged pickles raise whatever their bytes happen to mean
        raise CheckpointError(
            f"{path}: not a whole PyTorch checkpoint ({_reason(error)}); copy or download it again"
        ) from error


def _is_program(content: bytes) -> bool:
    """Whether ``torch.load`` would take it for TorchScript, which brings its own code."""
    if content[:4] != b"PK\3\4":
        return False
    return "constants.pkl" in torch._C.PyTorchFileReader(io.BytesIO(content)).get_all_records()


def _reason(error: Exception) -> str:
    text = printable(one_line(error)) or type(error).__name__
    return text if len(text) <= _REASON else f"{text[:_REASON]}..."
