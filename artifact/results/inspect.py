"""The output of ``lowformer-inspect --json`` for a file."""

from __future__ import annotations

from typing import Any

from ..manifest import Tensor
from .record import Record


class RefusedResult(Record):
    """An op that a delegate left to others."""

    kind: str
    name: str


class InspectResult(Record):
    """All that the command prints; see ``runtime.residency``."""

    path: str
    bytes: int
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    ops: dict[str, int]
    delegate: str | None
    partitions: int
    refused: tuple[RefusedResult, ...]
    metadata: dict[str, Any] | None
