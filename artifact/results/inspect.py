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
    """All that the command prints; see ``runtime.residency``.

    Attributes:
        task: What the file is for, by its inputs and outputs; None where that is not known.
        why_no_task: Why not, in a line.
    """

    path: str
    bytes: int
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    task: str | None
    why_no_task: str | None
    ops: dict[str, int]
    delegate: str | None
    partitions: int
    refused: tuple[RefusedResult, ...]
    metadata: dict[str, Any] | None
