"""The output of ``lowformer-inspect --json`` for a file."""

from __future__ import annotations

from typing import Any

from ..manifest import Tensor
from .record import Record


class RefusedResult(Record):
    """An op that a delegate left to others."""

    kind: str
    name: str


class OnnxVersionsResult(Record):
    """Of which versions an ONNX file is; see ``runtime.onnx.stored_graph``."""

    ir_version: int
    opsets: dict[str, int]
    oldest_runtime: str | None
    runtime: str


class InspectResult(Record):
    """All that the command prints; see ``runtime.residency``.

    Attributes:
        ops: Number of ops of each kind in the file.
        runtime_ops: The same as the runtime runs them, where it fuses or adds ops; what is told of
            the delegate is told of these.
        onnx: Versions of an ONNX file.
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
    runtime_ops: dict[str, int] | None
    onnx: OnnxVersionsResult | None
    delegate: str | None
    partitions: int
    refused: tuple[RefusedResult, ...]
    metadata: dict[str, Any] | None
