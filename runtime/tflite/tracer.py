"""Computing the ops of a TFLite file one at a time, with LiteRT.

Each op becomes a model of its own, which XNNPACK takes as it takes the op in the whole file. As a
GPU computes in half precision whatever the file says, every float can be rounded to it; then the
ops that round on the way are computed in numpy.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ArtifactError
from ...process.limits import LARGEST_MODEL
from ...process.native_output import captured_output
from ...process.reading import read_bytes
from ..arithmetic import Arithmetic
from ..half_arithmetic import to_half
from ..trace import (
    CONSTANTS,
    FLOAT16_BITS,
    FLOAT32_BITS,
    Array,
    ExposedTracer,
    Trace,
    TracedOp,
    Values,
    dependent,
    needed_for,
    traced_outputs,
)
from .graph import Op, TFLiteGraph
from .half_kernels import KERNELS, HalfOp
from .runner import TFLiteRunner

FUSED = ("PAD",)
"""Delegates take these into the op after them, and leave nothing in their place, even where it is
asked for as an output."""


class TFLiteTracer(ExposedTracer):
    """The ops of a TFLite file.

    Args:
        path: The file.
        half: Computes every op on floats in half precision; None for the precisions that the
            file says.

    Raises:
        ArtifactError: The file cannot be read, or takes no image.
        MissingDependencyError: ai-edge-litert or flatbuffers is not installed.
    """

    runtime = "LiteRT"

    def __init__(self, path: Path, half: Arithmetic | None = None) -> None:
        with TFLiteRunner(path) as runner:
            self.batch = runner.taken_image().batch
            given_tensors = runner.outputs
            self._stored_images = runner.stored
        self._path = path
        self._half = half
        # The last op's, for the next images.
        self._opened = functools.lru_cache(maxsize=1)(self._open_op)
        self._constant = functools.lru_cache(maxsize=CONSTANTS)(self._read_constant)
        self._graph = TFLiteGraph(read_bytes(path, LARGEST_MODEL))
        if half:
            self._graph.map_constants(to_half)
        self._names = self._graph.unique_names()
        self._index = {name: index for index, name in enumerate(self._names)}
        values = (self._names[index] for index in self._graph.outputs)
        self.outputs = traced_outputs(given_tensors, values)
        found = {self._op(op).outputs: op for op in self._graph.ops()}
        given = {self._names[index] for index in self._graph.inputs}
        ops = dependent(map(self._op, self._graph.ops()), given)
        self._graph_ops = {op.outputs: found[op.outputs] for op in ops}
        self._makers = {
            name: found[outputs]
            for outputs in found.keys() - self._graph_ops.keys()
            for name in outputs
        }
        self.ops = needed_for(
            self.outputs,
            tuple(dataclasses.replace(op, bits=self._bits(found[op.outputs])) for op in ops),
        )

    def inputs(self, images: NDArray[np.float32]) -> dict[str, Array]:
        (index,) = self._graph.inputs
        return {self._names[index]: self._read_value(index, self._stored_images(images))}

    def compute(self, op: TracedOp, values: Values) -> dict[str, Array]:
        try:
            if self._half and self._rounds_on_the_way(op):
                results = [self._in_half(op, values, self._half)]
            else:
                feeds = [self._stored(self._index[name], values[name]) for name in op.inputs]
                results = _run(self._opened(op), feeds)
        except (ValueError, RuntimeError) as error:
            raise ArtifactError(
                f"{self._path}: {op.kind} {op.name} cannot be computed by itself"
            ) from error
        return {
            name: self._read_value(self._index[name], result)
            for name, result in zip(op.outputs, results, strict=True)
        }

    def _rounds_on_the_way(self, op: TracedOp) -> bool:
        """Whether an op of floats gives other results where it is computed in half precision."""
        if op.kind not in KERNELS:
            return False
        indices = (*self._graph_ops[op.outputs].inputs, *self._graph_ops[op.outputs].outputs)
        dtypes = [self._graph.dtype(index) for index in indices if index >= 0]
        return all(dtype.kind == "f" or dtype == np.int32 for dtype in dtypes)

    def _in_half(self, traced: TracedOp, values: Values, half: Arithmetic) -> Array:
        """The output of such an op."""
        op = self._graph_ops[traced.outputs]
        inputs = [self._input_of(index, values) for index in op.inputs]
        found = HalfOp(self._graph.options(op), self._graph.shape(op.outputs[0]), half)
        with np.errstate(all="ignore"):
            return found.computed(op.name, inputs)

    def _input_of(self, index: int, values: Values) -> Array | None:
        """What an op takes: a value, or a constant; None where it is left out."""
        if index < 0:
            return None
        name = self._names[index]
        return values[name] if name in values else self._constant(index)

    def _read_constant(self, index: int) -> Array:
        """A constant, or what ops make of constants."""
        maker = self._makers.get(self._names[index])
        if maker is None:
            return self._read_value(index, self._graph.stored(index))
        content = self._graph.cut_out([*self._makers_of(maker), maker], [], [index])
        (made,) = _run(_open(content, delegated=False), [])  # XNNPACK runs no graph of constants
        return self._read_value(index, made)

    def steps(self) -> dict[str, float]:
        found = {}
        for index, name in enumerate(self._names):
            quantization = self._graph.quantization(index)
            if quantization is not None:
                scale, _ = quantization
                found[name] = float(scale.max())
        return found

    def exposed(self) -> bytes:
        """See :class:`ExposedTracer`; what :data:`FUSED` ops compute is not among the values."""
        return self._graph.with_outputs([self._index[name] for name in self.shown])

    @property
    def shown(self) -> list[str]:
        """Names of the values that :meth:`exposed` shows, in their order."""
        return [name for op in self.ops if op.kind not in FUSED for name in op.outputs]

    def feed(self, images: NDArray[np.float32]) -> Array:
        ((name, value),) = self.inputs(images).items()
        return self._stored(self._index[name], value)

    def read_exposed(self, images: NDArray[np.float32], outputs: Sequence[Array]) -> Trace:
        values = self.inputs(images)
        given = dict(zip(self.shown, outputs, strict=True))
        for op in self.ops:
            if op.kind in FUSED:
                values |= self.compute(op, values)
            else:
                values |= {
                    name: self._read_value(self._index[name], given[name]) for name in op.outputs
                }
        return Trace(self.ops, values, self.steps())

    def traced_whole(self, images: NDArray[np.float32]) -> Trace:
        """All values as LiteRT computes them here in one run of the whole file."""
        return self.read_exposed(images, _run(_open(self.exposed()), [self.feed(images)]))

    def _op(self, op: Op) -> TracedOp:
        inputs = [index for index in op.inputs if index >= 0]
        outputs = tuple(self._names[index] for index in op.outputs)
        return TracedOp(
            kind=op.name,
            name=outputs[0],
            inputs=tuple(dict.fromkeys(self._names[index] for index in inputs)),
            outputs=outputs,
        )

    def _bits(self, op: Op) -> int:
        """Bits of the coarsest number that an op takes or gives, or that a constant is made of."""
        ops = [*self._makers_of(op), op]
        indices = {index for item in ops for index in (*item.inputs, *item.outputs)} - {-1}
        kinds = [self._graph.dtype(index) for index in indices]
        if any(kind.itemsize == 1 and kind.kind in "iu" for kind in kinds):
            return 8
        return FLOAT16_BITS if np.float16 in kinds else FLOAT32_BITS

    def _stored(self, index: int, value: Array) -> Array:
        """A value as the file has it."""
        kind = self._graph.dtype(index)
        quantization = self._graph.quantization(index)
        if quantization is not None and kind.kind in "iu":
            scale, zero = quantization
            limits = np.iinfo(kind)
            value = np.clip(np.rint(value / scale) + zero, limits.min, limits.max)
        return np.ascontiguousarray(value.astype(kind, copy=False))

    def _read_value(self, index: int, value: Array) -> Array:
        """A value as traces have it."""
        quantization = self._graph.quantization(index)
        if quantization is not None and value.dtype.kind in "iu":
            scale, zero = quantization
            return (value.astype(np.float32) - zero) * scale
        if value.dtype.kind != "f":
            return value
        return to_half(value) if self._half else value.astype(np.float32)

    def _open_op(self, op: TracedOp) -> Any:
        """LiteRT with one op."""
        return _open(self._single(op))

    def _single(self, traced: TracedOp) -> bytes:
        """A model of one op with what makes its constants."""
        op = self._graph_ops[traced.outputs]
        return self._graph.cut_out(
            [*self._makers_of(op), op],
            [self._index[name] for name in traced.inputs],
            [self._index[name] for name in traced.outputs],
        )

    def _makers_of(self, op: Op) -> list[Op]:
        """The ops that make an op's constants, in their order."""
        found: list[Op] = []
        for index in op.inputs:
            maker = self._makers.get(self._names[index]) if index >= 0 else None
            if maker is not None:
                found += [item for item in (*self._makers_of(maker), maker) if item not in found]
        return found


def _open(content: bytes, *, delegated: bool = True) -> Any:
    """LiteRT with a model, by XNNPACK or by its own kernels alone."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    resolver = (
        OpResolverType.AUTO if delegated else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    )
    with captured_output():
        interpreter = Interpreter(
            model_content=content, num_threads=1, experimental_op_resolver_type=resolver
        )
        interpreter.allocate_tensors()
    return interpreter


def _run(interpreter: Any, feeds: list[Array]) -> list[Array]:
    """The outputs of a model, in its order, for its inputs."""
    with captured_output():
        for tensor, value in zip(interpreter.get_input_details(), feeds, strict=True):
            interpreter.set_tensor(tensor["index"], value)
        interpreter.invoke()
        return [
            np.array(interpreter.get_tensor(tensor["index"]))
            for tensor in interpreter.get_output_details()
        ]
