"""Comparing a simulated NPU with this machine, op by op.

The NPU computes an op and the QuantizeLinear and DequantizeLinear around it as one, so here they
are one op too. Only its float result is looked at: asking for more would change what is computed.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...runtime.onnx.tracer import OnnxTracer, without_repeats
from ...runtime.trace import Array, ExposedTracer, Trace, TracedOp

_BYTES = (2, 3)
"""ONNX's numbers of uint8 and int8."""

_QUANTIZE, _DEQUANTIZE = "QuantizeLinear", "DequantizeLinear"


class NpuTracer(OnnxTracer, ExposedTracer):
    """The ops of an ONNX graph as an NPU computes them.

    Args:
        path: The file.

    Raises:
        ArtifactError: The file cannot be read, or is no image classifier.
        MissingDependencyError: onnx or onnxruntime is not installed.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        uses = Counter(name for op in self.ops for name in op.inputs)
        groups: list[list[TracedOp]] = []
        ending: dict[str, list[TracedOp]] = {}
        for op in self.ops:
            (first, *_) = op.inputs
            begun = ending.get(first)
            if begun and _belongs(op, begun[-1], uses[first]):
                begun.append(op)
            else:
                begun = [op]
                groups.append(begun)
            ending[op.outputs[0]] = begun
        self.ops = tuple(self._joined(group) for group in groups)

    def exposed(self) -> bytes:
        """See :class:`ExposedTracer`; every op's result is among the values."""
        import onnx

        model = onnx.ModelProto()
        model.CopyFrom(self._model)
        del model.graph.output[:]
        model.graph.output.extend(
            onnx.helper.make_tensor_value_info(name, self._types[name], None)
            for op in self.ops
            for name in op.outputs
        )
        return bytes(model.SerializeToString())

    def feed(self, images: NDArray[np.float32]) -> Array:
        return images

    def read_exposed(self, images: NDArray[np.float32], outputs: Sequence[Array]) -> Trace:
        names = [name for op in self.ops for name in op.outputs]
        given = dict(zip(names, outputs, strict=True))
        return Trace(self.ops, self.inputs(images) | given, self.steps())

    def steps(self) -> dict[str, float]:
        """See :class:`Tracer`; of values of 8 bits, as those of 16 are finer than a device."""
        stored = super().steps()
        found = {}
        for op in self.ops:
            last = self._nodes[op.outputs][-1]
            if last.op_type == _DEQUANTIZE and self._types[last.input[0]] in _BYTES:
                found[op.outputs[0]] = stored[last.input[0]]
        return found

    def _joined(self, group: list[TracedOp]) -> TracedOp:
        """Some ops, each of which takes what the one before it gives, as one."""
        last = group[-1]
        nodes = itertools.chain.from_iterable(self._nodes[op.outputs] for op in group)
        self._nodes[last.outputs] = without_repeats(nodes)
        within = {name for op in group for name in op.outputs}
        inputs = dict.fromkeys(name for op in group for name in op.inputs if name not in within)
        return dataclasses.replace(
            group[0],
            inputs=tuple(inputs),
            outputs=last.outputs,
            bits=min(op.bits for op in group),
        )


def _belongs(op: TracedOp, before: TracedOp, uses: int) -> bool:
    """Whether an op is one with the op whose result it takes."""
    if op.kind == _DEQUANTIZE:
        return before.kind == _QUANTIZE
    return op.kind == _QUANTIZE and uses == 1 and before.kind not in (_QUANTIZE, _DEQUANTIZE)
