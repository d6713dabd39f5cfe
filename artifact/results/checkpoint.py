"""The output of ``lowformer-inspect --json`` for a checkpoint."""

from __future__ import annotations

from typing import Any

from ..manifest import Digest
from .record import Record


class GroupResult(Record):
    """Weights whose names begin alike."""

    tensors: int
    parameters: int


class WeightSetResult(Record):
    """A set of weights.

    Attributes:
        key: The keys that lead to it, with dots between them; empty at the top.
        averaged: Whether its keys say that it is an average over training.
        names: Whose names they are: ``published``, ``timm`` or ``unknown``.
        prefix: What stood before each name.
        tensors: How many there are; ``parameters`` are their values.
        dtypes: Number of tensors by type.
        groups: By the first parts of the names.
        variant: The model with these names and shapes, that the file states or that is registered.
        task: What its head is for; None where it has none that is known.
        head: Of weights for detection or segmentation the neck and head, as configs state them.
        classes: How many the head tells apart.
        nearest: Where none fits, what they are most like, in words.
    """

    key: str
    averaged: bool
    names: str
    prefix: str
    tensors: int
    parameters: int
    dtypes: dict[str, int]
    groups: dict[str, GroupResult]
    variant: str | None
    task: str | None
    head: dict[str, Any] | None
    classes: int | None
    nearest: str | None


class CheckpointResult(Record):
    """All that the command prints.

    Attributes:
        files: The shards, or the file itself, by name.
        taken: The set that an export takes if no other one is chosen.
        input_size: Height and width in pixels, where the file states them or the variant has them.
        stated: Numbers and texts beside the weights, such as the epoch and a trainer's options.
        preprocessing: Parameters that the file states.
        labels: Class names that it states, in order.
    """

    path: str
    bytes: int
    sha256: Digest
    files: tuple[str, ...]
    sets: tuple[WeightSetResult, ...]
    taken: str
    input_size: tuple[int, int] | None
    stated: dict[str, Any]
    preprocessing: dict[str, Any]
    labels: tuple[str, ...] | None
