"""Checkpoints of the Hugging Face hub, as ``hf:OWNER/NAME[@REVISION]``.

``huggingface_hub`` downloads, keeps what it downloaded, and takes that where there is no network;
``HF_ENDPOINT``, ``HF_HOME`` and ``HF_HUB_OFFLINE`` are its settings.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..errors import CheckpointError, MissingDependencyError
from ..process.limits import LARGEST_TEXT
from ..process.reading import read_text
from ..process.text import one_line, printable
from .shards import weight_map

PREFIX = "hf:"

_REFERENCE = re.compile(r"hf:(?P<repository>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w./-]+))?")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_WEIGHTS = "model.safetensors"
_INDEX = "model.safetensors.index.json"
_PICKLED = "pytorch_model.bin"
_CONFIG = "config.json"
_REASON = 200


@dataclasses.dataclass(frozen=True)
class HubCheckpoint:
    """A checkpoint that was downloaded, or that was there already.

    Attributes:
        path: The weights, or the index of their shards.
        name: The reference with the commit that it stands for.
        config: What the repository's ``config.json`` states; empty where it has none.
    """

    path: Path
    name: str
    config: Mapping[str, Any]


def is_hub_reference(weights: object) -> bool:
    """Whether weights are called by a repository of the hub."""
    return str(weights).startswith(PREFIX)


def fetch(reference: str) -> HubCheckpoint:
    """Downloads a checkpoint, or finds it among what was downloaded.

    Args:
        reference: ``hf:OWNER/NAME``, with ``@REVISION`` for another one than the newest.

    Raises:
        MissingDependencyError: ``huggingface_hub`` is not installed.
        CheckpointError: There is no such repository, revision or checkpoint in it, or no network.
    """
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise CheckpointError(
            f"{printable(reference)}: a checkpoint of the hub is hf:OWNER/NAME, such as"
            " hf:timm/lowformer_b1.in1k, or hf:OWNER/NAME@REVISION"
        )
    download = _downloader(reference, match["repository"])
    found = None
    for name in (_WEIGHTS, _INDEX, _PICKLED):
        found = found or download(name, match["revision"])
    if found is None:
        raise CheckpointError(
            f"{reference}: the repository has none of {_WEIGHTS}, {_INDEX} and {_PICKLED}"
        )
    commit = found.parent.name  # the cache has a folder for each
    if found.name == _INDEX:
        for shard in dict.fromkeys(weight_map(found).values()):
            download(shard, commit)
    config = download(_CONFIG, commit)
    name = f"{PREFIX}{match['repository']}@{commit}"
    return HubCheckpoint(found, name, _fields_of(config) if config else {})


def _fields_of(path: Path) -> Mapping[str, Any]:
    """A repository's config.

    Raises:
        CheckpointError: It is none.
    """
    try:
        fields = json.loads(read_text(path, LARGEST_TEXT))
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: not a readable config ({error})") from error
    if not isinstance(fields, dict):
        raise CheckpointError(f"{path}: a config is a JSON object")
    return fields


def _downloader(reference: str, repository: str) -> Callable[[str, str | None], Path | None]:
    """What gives a repository's file by its name and revision; None where there is no such file.

    Raises:
        MissingDependencyError: ``huggingface_hub`` is not installed.
    """
    try:
        from huggingface_hub import (
            _CACHED_NO_EXIST,
            errors,
            hf_hub_download,
            try_to_load_from_cache,
        )
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            "huggingface_hub is not installed, which fetches hf: checkpoints; run: pip install"
            " 'lowformer-edge[hub]'"
        ) from error

    def is_known_to_lack(name: str, revision: str | None) -> bool:
        return try_to_load_from_cache(repository, name, revision=revision) is _CACHED_NO_EXIST

    def download(name: str, revision: str | None) -> Path | None:
        endpoint = os.environ.get("HF_ENDPOINT") or None
        try:
            if _COMMIT.fullmatch(revision or "") and is_known_to_lack(name, revision):
                return None  # a commit never changes, so that no network is needed
            return Path(hf_hub_download(repository, name, revision=revision, endpoint=endpoint))
        except errors.LocalEntryNotFoundError as error:
            if is_known_to_lack(name, revision):
                return None
            raise CheckpointError(
                f"{reference}: {name} was not downloaded before, and the hub cannot be reached;"
                " try again with a network, and without HF_HUB_OFFLINE"
            ) from error
        except errors.EntryNotFoundError:
            return None
        except errors.GatedRepoError as error:
            raise CheckpointError(
                f"{reference}: its terms have to be accepted on the hub first; then run: hf auth"
                " login"
            ) from error
        except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError) as error:
            raise CheckpointError(
                f"{reference}: there is no such repository or revision, or it is private"
            ) from error
        except (errors.HfHubHTTPError, errors.HFValidationError, OSError, ValueError) as error:
            raise CheckpointError(
                f"{reference}: {name} cannot be fetched ({one_line(error)[:_REASON]})"
            ) from error

    return download
