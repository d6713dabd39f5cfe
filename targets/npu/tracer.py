"""Comparing a simulated NPU with this machine, op by op.

The NPU computes an op and the QuantizeLinear and DequantizeLinear around it as one, so here they
are one op too. Only its float result is looked at: asking for more would change what is computed.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...runtime.onnx.tracer import OnnxTracer
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
        self._group: dict[str, list[Any]] = {}
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
        """The file with every op's result as an output, so that one run shows them all."""
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

    def read_exposed(self, images: NDArray[np.float32], outputs: Sequence[Array]) -> Trace:
        """The trace of a run of :meth:`exposed`.

        Args:
            images: What it was run on, normalised float32 [batch, 3, H, W].
            outputs: What it gave, in its order.
        """
        names = [name for op in self.ops for name in op.outputs]
        given = dict(zip(names, outputs, strict=True))
        return Trace(self.ops, self.inputs(images) | given, self.steps())

    def steps(self) -> dict[str, float]:
        """See :class:`Tracer`; of values of 8 bits, as those of 16 are finer than a device."""
        stored = super().steps()
        found = {}
        for op in self.ops:
            last = self._nodes[op.outputs]
            if last.op_type == _DEQUANTIZE and self._types[last.input[0]] in _BYTES:
                found[op.outputs[0]] = stored[last.input[0]]
        return found

    def _joined(self, group: list[TracedOp]) -> TracedOp:
        """Some ops, each of which takes what the one before it gives, as one."""
        nodes = [self._nodes[op.outputs] for op in group]
        last = group[-1]
        self._group[last.outputs[0]] = nodes[:-1]
        within = {name for op in group for name in op.outputs}
        inputs = dict.fromkeys(name for op in group for name in op.inputs if name not in within)
        return dataclasses.replace(
            group[0],
            inputs=tuple(inputs),
            outputs=last.outputs,
            bits=min(op.bits for op in group),
        )

    def _makers(self, node: Any) -> list[Any]:
        """See :class:`OnnxTracer`; with the ops that are one with a node, before it."""
        found = super()._makers(node)
        for item in getattr(self, "_group", {}).get(node.output[0], ()):
            found += [maker for maker in (*super()._makers(item), item) if maker not in found]
        return found


def _belongs(op: TracedOp, before: TracedOp, uses: int) -> bool:
    """Whether an op is one with the op whose result it takes."""
    if op.kind == _DEQUANTIZE:
        return before.kind == _QUANTIZE
    return op.kind == _QUANTIZE and uses == 1 and before.kind not in (_QUANTIZE, _DEQUANTIZE)
