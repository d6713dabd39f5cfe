"""Where the ops of an exported file run."""

from __future__ import annotations

import dataclasses
from collections import Counter

from ..artifact.manifest import Residency as ResidencyRecord


@dataclasses.dataclass(frozen=True)
class OpRecord:
    """One op of a graph.

    Attributes:
        kind: What it is called in its format, such as ``CONV_2D``.
        name: What the file calls it; in most formats this carries the module's path.
        delegated: Whether the fast backend runs it.
    """

    kind: str
    name: str
    delegated: bool


@dataclasses.dataclass(frozen=True)
class Residency:
    """Where each op of a file runs.

    Attributes:
        delegate: The backend that was asked for, such as ``XNNPACK``; None where nothing here
            can tell what runs where, and the ops are all that is known.
        ops: All ops of the graph, in its order.
        partitions: Number of subgraphs that the backend took.
    """

    delegate: str | None
    ops: tuple[OpRecord, ...]
    partitions: int

    @property
    def op_counts(self) -> dict[str, int]:
        """Number of ops of each kind, most frequent first."""
        return _counts(self.ops)

    @property
    def refused(self) -> tuple[OpRecord, ...]:
        """Ops that the backend left to others."""
        return tuple(op for op in self.ops if not op.delegated) if self.delegate else ()

    @property
    def refused_counts(self) -> dict[str, int]:
        """Number of refused ops of each kind, most frequent first."""
        return _counts(self.refused)


def _counts(ops: tuple[OpRecord, ...]) -> dict[str, int]:
    return dict(Counter(op.kind for op in ops).most_common())


def residency_record(where: Residency) -> ResidencyRecord | None:
    """A residency as the manifest keeps it; None where it is not known."""
    if where.delegate is None:
        return None
    return ResidencyRecord(
        delegate=where.delegate,
        partitions=where.partitions,
        delegated_ops=len(where.ops) - len(where.refused),
        refused=where.refused_counts,
    )
