"""Checkpoints by what users call them: a file, or a repository of the Hugging Face hub."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from .checkpoint import Checkpoint, read_checkpoint
from .hub import fetch, is_hub_reference
from .stated_preprocessing import TIMM
from .timm_models import CONFIG, preprocessing_of_config


def find_checkpoint(weights: str | Path, key: str | None = None) -> Checkpoint:
    """Reads a checkpoint, and downloads it where it is the hub's.

    Args:
        weights: A file, or ``hf:OWNER/NAME[@REVISION]``, whose ``config.json`` then states the
            preprocessing, if it is timm's.
        key: Which of several sets of weights is taken, see :func:`read_checkpoint`.

    Raises:
        CheckpointError: It is missing, damaged, unsafe, or holds something else.
        MissingDependencyError: What downloads it is not installed.
        UsageError: The preprocessing that is stated cannot be followed.
    """
    if not is_hub_reference(weights):
        return read_checkpoint(Path(weights), key)
    found = fetch(str(weights))
    checkpoint = dataclasses.replace(read_checkpoint(found.path, key), name=found.name)
    stated = found.config.get(CONFIG)
    if checkpoint.preprocessing or not isinstance(stated, Mapping):
        return checkpoint
    preprocessing = preprocessing_of_config(stated, f"{found.name}: its config.json")
    return dataclasses.replace(checkpoint, preprocessing=preprocessing, stated_by=TIMM)


def local_path(weights: str | Path) -> Path:
    """The file of a checkpoint, which is downloaded where it is the hub's.

    Raises:
        CheckpointError: It cannot be downloaded.
        MissingDependencyError: What downloads it is not installed.
    """
    return fetch(str(weights)).path if is_hub_reference(weights) else Path(weights)
