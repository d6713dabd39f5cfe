"""Running files in half precision, emulated: every value is rounded to it, and sums may be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..artifact.accumulation import Accumulation
from ..artifact.outputs import Outputs, joined, part_of
from ..progress import Advance
from ..runtime.arithmetic import Arithmetic
from ..runtime.format import FormatRuntime
from ..runtime.formats import format_of
from ..runtime.half_arithmetic import ARM, GPU, ROUNDED
from ..runtime.trace import TracedOp, Tracer, last_uses

_GPU_FORMATS = ("tflite",)
"""Formats whose files in half precision are for GPUs."""


def arithmetic_of(kind: FormatRuntime, accumulation: Accumulation) -> Arithmetic:
    """How files of a format are computed in half precision.

    Args:
        kind: The format.
        accumulation: What the sums of products are kept in.
    """
    if accumulation == "float32":
        return ROUNDED
    return GPU if kind.facts.name in _GPU_FORMATS else ARM


def open_half_tracer(path: Path, accumulation: Accumulation) -> Tracer:
    """Opens a file to compute its ops one at a time, in half precision.

    Args:
        path: The file.
        accumulation: What the sums of products are kept in.

    Raises:
        ArtifactError: The file cannot be read, or nothing can compute its ops.
    """
    kind = format_of(path)
    return kind.open_tracer(path, arithmetic_of(kind, accumulation))


class HalfRun:
    """A file computed in half precision.

    Args:
        tracer: Of the file, see :func:`open_half_tracer`.

    Attributes:
        overflowing: The first op that gave infinity or NaN from finite values.
    """

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        kept = {output.value for output in tracer.outputs}
        self._spent = last_uses([{*op.inputs, *op.outputs} for op in tracer.ops], kept)
        self.overflowing: TracedOp | None = None

    def outputs(self, images: NDArray[np.float32], advance: Advance) -> Outputs:
        """What the file gives for images.

        Args:
            images: Normalised float32 [N, 3, H, W].
            advance: Is told how many ops are done.

        Returns:
            By name, float32 [N, ...].

        Raises:
            ArtifactError: An op cannot be computed.
        """
        batch = self._tracer.batch
        missing = -len(images) % batch
        filled = np.concatenate([images, np.zeros((missing, *images.shape[1:]), np.float32)])
        parts = np.split(filled, len(filled) // batch)
        values: list[dict[str, NDArray[Any]]] = [self._tracer.inputs(part) for part in parts]
        for op, spent in zip(self._tracer.ops, self._spent, strict=True):
            for known in values:
                self._run(op, known)
                for value in spent:
                    known.pop(value, None)
            advance(1)
        return part_of(joined(list(map(self._tracer.outputs_of, values))), slice(len(images)))

    def _run(self, op: TracedOp, known: dict[str, NDArray[Any]]) -> None:
        given = self._tracer.compute(op, known)
        if self.overflowing is None and not _is_finite(given.values()):
            taken = [known[name] for name in op.inputs]
            self.overflowing = op if _is_finite(taken) else None
        known.update(given)


def _is_finite(values: Any) -> bool:
    return all(np.isfinite(value).all() for value in values)
