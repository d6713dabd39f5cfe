"""Computing the ops of an ExecuTorch program one at a time.

XNNPACK gives no value but its outputs. So its graph is read from the program and computed in
numpy: what is traced is what the file says.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import ArtifactError
from ..arithmetic import SINGLE, Arithmetic
from ..trace import (
    FLOAT16_BITS,
    FLOAT32_BITS,
    Array,
    TracedOp,
    Tracer,
    Values,
    dependent,
    needed_for,
    traced_outputs,
)
from .flatbuffer import DamagedBufferError
from .program import read_delegate, read_program
from .runner import ExecuTorchRunner, tensors_of
from .xnnpack_graph import XNNNode, read_graph
from .xnnpack_kernels import computed

_ERRORS = (ValueError, LookupError, ArithmeticError)
"""What computing a damaged graph may raise."""


class ExecuTorchTracer(Tracer):
    """The ops of a program that is one call of XNNPACK, but for a cast of pixels.

    Args:
        path: The file.
        half: Computes the ops that are in half precision; by default in float32, rounded.

    Raises:
        ArtifactError: The file cannot be read, is no image classifier, or a part of it runs
            outside XNNPACK.
    """

    runtime = "numpy"

    def __init__(self, path: Path, half: Arithmetic | None = None) -> None:
        self._path = path
        self._half = half or SINGLE
        delegate = read_delegate(path)
        try:
            self._graph = graph = read_graph(delegate)
        except (DamagedBufferError, ValueError, IndexError) as error:
            raise ArtifactError(f"{path}: cannot be computed op by op ({error})") from error
        program = read_program(path)
        inputs = program.inputs
        arguments = delegate.arguments[: len(graph.inputs)]
        given = [
            value for value, found in zip(graph.inputs, arguments, strict=True) if found is None
        ]
        if len(inputs) != 1 or len(given) != 1:
            raise ArtifactError(
                f"{path}: has {len(inputs)} inputs; only programs with one image can be computed"
                " op by op"
            )
        self.batch = inputs[0].shape[0]
        self._takes_pixels = inputs[0].dtype == "uint8"
        self._input = str(given[0])
        results = [graph.outputs[number - len(graph.inputs)] for number in delegate.outputs]
        self.outputs = traced_outputs(tensors_of(program)[1], map(str, results))
        self._nodes = {str(node.output): node for node in graph.nodes}
        self._known: dict[int, Array] = {
            value: found
            for value, found in zip(graph.inputs, arguments, strict=True)
            if found is not None
        }
        self._known |= {
            value: found.constant
            for value, found in graph.values.items()
            if found.constant is not None
        }
        ops = dependent(map(self._op, range(len(graph.nodes)), graph.nodes), {self._input})
        varying = {op.outputs[0] for op in ops}
        for node in graph.nodes:
            if str(node.output) not in varying:
                self._known[node.output] = self._computed(node, {})
        self.ops = needed_for(self.outputs, ops)

    def inputs(self, images: NDArray[np.float32]) -> dict[str, Array]:
        if not self._takes_pixels:
            return {self._input: images}
        with ExecuTorchRunner(self._path) as runner:
            return {self._input: runner.stored(images).astype(np.float32)}

    def compute(self, op: TracedOp, values: Values) -> dict[str, Array]:
        (name,) = op.outputs
        return {name: self._computed(self._nodes[name], values)}

    def steps(self) -> dict[str, float]:
        return {
            str(number): float(value.quantization.scale.max())
            for number, value in self._graph.values.items()
            if value.quantization and value.quantization.scale is not None
        }

    def _computed(self, node: XNNNode, values: Values) -> Array:
        inputs = [
            None if number < 0 else values.get(str(number), self._known.get(number))
            for number in node.inputs
        ]
        try:
            with np.errstate(all="ignore"):
                return computed(node, inputs, self._graph.values[node.output], self._half)
        except _ERRORS as error:
            raise ArtifactError(
                f"{self._path}: {node.kind} {node.output} cannot be computed ({error})"
            ) from error

    def _op(self, number: int, node: XNNNode) -> TracedOp:
        taken = [value for value in node.inputs if value >= 0]
        return TracedOp(
            kind=node.kind,
            name=f"node {number}",
            inputs=tuple(dict.fromkeys(map(str, taken))),
            outputs=(str(node.output),),
            bits=min(self._bits(value) for value in (*taken, node.output)),
        )

    def _bits(self, value: int) -> int:
        dtype = self._graph.values[value].dtype
        if dtype.endswith("int8"):
            return 8
        return FLOAT16_BITS if dtype == "fp16" else FLOAT32_BITS
