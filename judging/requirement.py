"""What a user requires of where a file's ops run, such as ``partitions<=1``."""

from __future__ import annotations

import dataclasses
import operator
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ..errors import UsageError

if TYPE_CHECKING:
    from ..artifact.manifest import Residency

DEFAULT_REQUIREMENTS = ("partitions==1", "cpu_ops==0")
"""What every export promises where nothing else is required."""

COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
}

FIGURES: dict[str, Callable[[Residency], int]] = {
    "partitions": lambda found: found.partitions,
    "delegated_ops": lambda found: found.delegated_ops,
    "cpu_ops": lambda found: sum(found.refused.values()),
}
"""What can be required. ``cpu_ops`` are the ops that the delegate left to others."""

CURES = {
    "BATCH_MATMUL": "keep attention's products in float, as lowformer-export's own recipe does",
    "BROADCAST_TO": "GroupNorm with weights of 1 and biases of 0 becomes one; train them, or export"
    " with lowformer-export, whose rewrite leaves no broadcast",
    "GELU": "keep activations in float, as lowformer-export's own recipe does",
    "LayerNormalization": "export with lowformer-export, which writes norms as plain sums",
    "native_layer_norm": "export with lowformer-export, which writes norms as plain sums",
    "RESHAPE": "tensors of rank 5 come from attention as published; lowformer-export's rewrite"
    " keeps rank 4",
    "SOFTMAX": "keep softmax in float, as lowformer-export's own recipe does",
    "TRANSPOSE": "tensors of rank 5 come from attention as published; lowformer-export's rewrite"
    " keeps rank 4",
}
"""What cures an op that a delegate refuses, by kind, where something does."""

_CONDITION = re.compile(
    r"\s*(?P<figure>\w+)\s*(?P<comparison><=|>=|==|<|>)\s*(?P<bound>[0-9]{1,18})\s*"
)


@dataclasses.dataclass(frozen=True)
class Requirement:
    """One condition on a file's residency.

    Attributes:
        figure: One of :data:`FIGURES`.
        comparison: One of :data:`COMPARISONS`.
        bound: What it is compared with.
    """

    figure: str
    comparison: str
    bound: int

    def __str__(self) -> str:
        return f"{self.figure}{self.comparison}{self.bound}"

    def value(self, found: Residency) -> int:
        """The figure of a residency."""
        return FIGURES[self.figure](found)

    def holds(self, found: Residency) -> bool:
        """Whether a residency keeps this."""
        return COMPARISONS[self.comparison](self.value(found), self.bound)


def breach(requirements: Iterable[Requirement], found: Residency) -> str | None:
    """How a residency breaks some requirements, with the ops and what cures them, or None."""
    broken = [item for item in requirements if not item.holds(found)]
    if not broken:
        return None
    figures = " and ".join(f"{item} with {item.value(found)}" for item in broken)
    return f"breaks {figures}{_reasons(found)}"


def parse_requirement(text: str) -> Requirement:
    """A requirement as it is written on a command line.

    Raises:
        UsageError: It is none.
    """
    match = _CONDITION.fullmatch(text)
    if match is None or match["figure"] not in FIGURES:
        raise UsageError(
            f"requirement {text}: not a condition such as partitions<=1; what can be required is"
            f" {', '.join(FIGURES)}, with one of {' '.join(COMPARISONS)} and a number"
        )
    return Requirement(match["figure"], match["comparison"], int(match["bound"]))


def _reasons(found: Residency) -> str:
    """The refused ops, and what would cure them."""
    if not found.refused:
        return ""
    ops = ", ".join(f"{count} {kind}" for kind, count in found.refused.items())
    cures = [f"{kind}: {CURES[kind]}" for kind in found.refused if kind in CURES]
    cured = f"; {'; '.join(cures)}" if cures else ""
    return f"; {found.delegate} refuses {ops}{cured}"
