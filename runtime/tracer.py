"""Computing the ops of a file one at a time."""

from __future__ import annotations

import abc
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..artifact.trace import Array, Trace, TracedOp, Values


class Tracer(abc.ABC):
    """Computes the ops of a file one at a time.

    Attributes:
        ops: Those between the input and the logits, in the order in which they run.
        output: Name of the logits.
        batch: Images per inference.
        runtime: What computes the ops.
    """

    runtime: ClassVar[str]
    ops: tuple[TracedOp, ...]
    output: str
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

    def trace(self, images: NDArray[np.float32]) -> Trace:
        """All values for images, normalised float32 [batch, 3, H, W].

        Raises:
            ArtifactError: An op cannot be computed.
        """
        values = self.inputs(images)
        for op in self.ops:
            values |= self.compute(op, values)
        return Trace(self.ops, values, self.steps())
