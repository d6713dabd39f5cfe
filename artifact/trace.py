"""What the ops of a graph computed: a plain value, whoever computed it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]
Values = Mapping[str, Array]
"""Arrays by the names of a graph's values. Floats and quantized values are float32, the latter
dequantized; integers that nothing says a scale of are kept."""

FLOAT32_BITS = 24
FLOAT16_BITS = 11


@dataclasses.dataclass(frozen=True)
class TracedOp:
    """One op of a graph that depends on the graph's input.

    Attributes:
        kind: What it is called in its format, such as ``CONV_2D``.
        name: What the file calls it.
        inputs: Names of the values that it takes, without constants.
        outputs: Names of the values that it computes.
        bits: Significant bits of the coarsest number that it takes or gives, constants included:
            24 for float32, 11 for float16, 8 for INT8.
        module: Path of the eager module that it belongs to; known for the eager model only.
    """

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    bits: int = FLOAT32_BITS
    module: str | None = None


@dataclasses.dataclass(frozen=True)
class Trace:
    """All values of a graph for one input.

    Attributes:
        ops: In the order in which they ran.
        values: What they took and gave.
        steps: Size of a quantization step, of the values that have one.
    """

    ops: tuple[TracedOp, ...]
    values: Values
    steps: Mapping[str, float] = dataclasses.field(default_factory=dict)


def needed_for(output: str, ops: tuple[TracedOp, ...]) -> tuple[TracedOp, ...]:
    """The ops that a value depends on, in their order."""
    wanted = {output}
    found = []
    for op in reversed(ops):
        if wanted.intersection(op.outputs):
            wanted.update(op.inputs)
            found.append(op)
    return tuple(found[::-1])


def dependent(ops: Iterable[TracedOp], inputs: set[str]) -> tuple[TracedOp, ...]:
    """The ops that depend on the graph's inputs, each without the inputs that do not."""
    varying = set(inputs)
    found = []
    for op in ops:
        taken = tuple(name for name in op.inputs if name in varying)
        if taken:
            varying.update(op.outputs)
            found.append(dataclasses.replace(op, inputs=taken))
    return tuple(found)
