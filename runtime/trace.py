"""What the ops of a graph compute: plain values, and who computes them one op at a time."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..artifact.manifest import Tensor
from ..artifact.outputs import Outputs
from .images import NHWC_TO_NCHW

Array = NDArray[Any]
Values = Mapping[str, Array]
"""Arrays by the names of a graph's values. Floats and quantized values are float32, the latter
dequantized; integers that nothing says a scale of are kept."""

FLOAT32_BITS = 24
FLOAT16_BITS = 11

CONSTANTS = 4
"""How many constants an op takes at most; so many are kept from one image to the next."""


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


@dataclasses.dataclass(frozen=True)
class TracedOutput:
    """An output of a file.

    Attributes:
        name: What the file calls it.
        value: The graph's value.
        is_channels_last: Whether it is a map [N, H, W, C].
    """

    name: str
    value: str
    is_channels_last: bool = False


def traced_outputs(tensors: Iterable[Tensor], values: Iterable[str]) -> tuple[TracedOutput, ...]:
    """A file's outputs, by their tensors and the graph's values for them, in one order."""
    return tuple(
        TracedOutput(tensor.name, value, tensor.layout == "NHWC")
        for tensor, value in zip(tensors, values, strict=True)
    )


def needed_for(outputs: Iterable[TracedOutput], ops: tuple[TracedOp, ...]) -> tuple[TracedOp, ...]:
    """The ops that outputs depend on, in their order."""
    wanted = {output.value for output in outputs}
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


def last_uses(uses: Sequence[set[str]], kept: Iterable[str]) -> list[set[str]]:
    """By step, the values that nothing needs after it.

    Args:
        uses: The values that each step takes and gives.
        kept: Values that are needed at the end.
    """
    seen = set(kept)
    spent = []
    for used in reversed(uses):
        spent.append(used - seen)
        seen |= used
    return spent[::-1]


class Tracer(abc.ABC):
    """Computes the ops of a file one at a time.

    Attributes:
        ops: Those between the input and the outputs, in the order in which they run.
        outputs: Of the file, in its order.
        batch: Images per inference.
        runtime: What computes the ops.
    """

    runtime: ClassVar[str]
    ops: tuple[TracedOp, ...]
    outputs: tuple[TracedOutput, ...]
    batch: int

    @abc.abstractmethod
    def inputs(self, images: NDArray[np.float32]) -> dict[str, Array]:
        """The graph's inputs for normalised images, float32 [batch, 3, H, W]."""

    @abc.abstractmethod
    def compute(self, op: TracedOp, values: Values) -> dict[str, Array]:
        """The outputs of one op from its inputs.

        Raises:
            ArtifactError: It cannot be computed.
        """

    def steps(self) -> dict[str, float]:
        """Size of a quantization step, of the values that have one for all inputs."""
        return {}

    def outputs_of(self, values: Values) -> Outputs:
        """A file's outputs by name, maps as [N, C, H, W], of the values of its graph."""
        found = {}
        for output in self.outputs:
            value = np.asarray(values[output.value], np.float32)
            last = output.is_channels_last
            found[output.name] = value.transpose(NHWC_TO_NCHW) if last else value
        return found

    def trace(self, images: NDArray[np.float32]) -> Trace:
        """All values for images, normalised float32 [batch, 3, H, W].

        Raises:
            ArtifactError: An op cannot be computed.
        """
        values = self.inputs(images)
        for op in self.ops:
            values |= self.compute(op, values)
        return Trace(self.ops, values, self.steps())


class ExposedTracer(Tracer):
    """Has all values of a file shown by one run of the whole, on whatever machine."""

    @abc.abstractmethod
    def exposed(self) -> bytes:
        """The file with its values as outputs."""

    @abc.abstractmethod
    def feed(self, images: NDArray[np.float32]) -> Array:
        """Gives the input of :meth:`exposed` as the file stores it.

        Args:
            images: Normalised float32 [batch, 3, H, W].
        """

    @abc.abstractmethod
    def read_exposed(self, images: NDArray[np.float32], outputs: Sequence[Array]) -> Trace:
        """The trace of a run of :meth:`exposed`.

        Args:
            images: What it was run on, see :meth:`inputs`.
            outputs: What it gave, in its order and types.
        """
