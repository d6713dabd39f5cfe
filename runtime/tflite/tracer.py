"""Computing the ops of a TFLite file one at a time, with LiteRT.

Each op becomes a model of its own, which XNNPACK takes as it takes the op in the whole file.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ArtifactError, MissingDependencyError
from ...process.native_output import captured_output
from ..trace import (
    FLOAT16_BITS,
    FLOAT32_BITS,
    Array,
    ExposedTracer,
    Trace,
    TracedOp,
    Values,
    dependent,
    needed_for,
)
from .runner import FILE_IDENTIFIER, TFLiteRunner

_NO_CONTENT = 0
"""The buffer that tensors without content share."""

FUSED = ("PAD",)
"""Delegates take these into the op after them, and leave nothing in their place, even where it is
asked for as an output."""


class TFLiteTracer(ExposedTracer):
    """The ops of a TFLite file.

    Args:
        path: The file.

    Raises:
        ArtifactError: The file cannot be read, or is no image classifier.
        MissingDependencyError: ai-edge-litert or flatbuffers is not installed.
    """

    runtime = "LiteRT"

    def __init__(self, path: Path) -> None:
        with TFLiteRunner(path) as runner:
            self.batch = runner.batch
        self._path = path
        self._model = _read(path)
        (self._graph,) = self._model.subgraphs
        self._names = _unique_names(self._graph)
        self._index = {name: index for index, name in enumerate(self._names)}
        self.output = self._names[self._graph.outputs[0]]
        nodes = {self._op(node).outputs: node for node in self._graph.operators}
        given = {self._names[index] for index in self._graph.inputs}
        ops = dependent(map(self._op, self._graph.operators), given)
        self._nodes = {op.outputs: nodes[op.outputs] for op in ops}
        self._makers = {
            name: nodes[outputs]
            for outputs in nodes.keys() - self._nodes.keys()
            for name in outputs
        }
        self.ops = needed_for(
            self.output,
            tuple(dataclasses.replace(op, bits=self._bits(nodes[op.outputs])) for op in ops),
        )

    def inputs(self, images: NDArray[np.float32]) -> dict[str, Array]:
        (index,) = self._graph.inputs
        image = np.ascontiguousarray(np.moveaxis(images, 1, -1))
        return {self._names[index]: self._read_value(index, self._stored(index, image))}

    def compute(self, op: TracedOp, values: Values) -> dict[str, Array]:
        content = self._single(op)
        feeds = [self._stored(self._index[name], values[name]) for name in op.inputs]
        try:
            results = _run(content, feeds)
        except (ValueError, RuntimeError) as error:
            raise ArtifactError(
                f"{self._path}: {op.kind} {op.name} cannot be computed by itself"
            ) from error
        return {
            name: self._read_value(self._index[name], result)
            for name, result in zip(op.outputs, results, strict=True)
        }

    def steps(self) -> dict[str, float]:
        found = {}
        for index, name in enumerate(self._names):
            scale, _ = self._parameters(index)
            if scale is not None:
                found[name] = float(scale.max())
        return found

    def exposed(self) -> bytes:
        """The file with its values as outputs, so that one run of the whole shows them.

        What :data:`FUSED` ops compute is not among them.
        """
        return with_outputs(self._path.read_bytes(), self.shown)

    @property
    def shown(self) -> list[str]:
        """Names of the values that :meth:`exposed` shows, in their order."""
        return [name for op in self.ops if op.kind not in FUSED for name in op.outputs]

    def fed(self, images: NDArray[np.float32]) -> Array:
        """The input as the file stores it, for normalised images [batch, 3, H, W]."""
        ((name, value),) = self.inputs(images).items()
        return self._stored(self._index[name], value)

    def read_exposed(self, images: NDArray[np.float32], outputs: Sequence[Array]) -> Trace:
        """The trace of a run of :meth:`exposed`, on whatever machine.

        Args:
            images: What it was run on, see :meth:`inputs`.
            outputs: What it gave, in its order and types.
        """
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
        return self.read_exposed(images, _run(self.exposed(), [self.fed(images)]))

    def _op(self, node: Any) -> TracedOp:
        inputs = [int(index) for index in node.inputs if index >= 0]
        outputs = tuple(self._names[index] for index in node.outputs)
        return TracedOp(
            kind=self._kind(node),
            name=outputs[0],
            inputs=tuple(dict.fromkeys(self._names[index] for index in inputs)),
            outputs=outputs,
        )

    def _kind(self, node: Any) -> str:
        from ai_edge_litert import schema_py_generated as schema

        code = self._model.operatorCodes[node.opcodeIndex]
        number = max(code.builtinCode, code.deprecatedBuiltinCode)
        kinds = vars(schema.BuiltinOperator).items()
        return next(name for name, value in kinds if value == number)

    def _bits(self, node: Any) -> int:
        """Bits of the coarsest number that an op takes or gives, or that a constant is made of."""
        nodes = [*self._makers_of(node), node]
        indices = {int(index) for item in nodes for index in (*item.inputs, *item.outputs)} - {-1}
        kinds = [_numpy_type(self._graph.tensors[index].type) for index in indices]
        if any(kind.itemsize == 1 and kind.kind in "iu" for kind in kinds):
            return 8
        return FLOAT16_BITS if np.float16 in kinds else FLOAT32_BITS

    def _parameters(self, index: int) -> tuple[NDArray[np.float32] | None, NDArray[np.float32]]:
        """The scale, if there is one, and the zero point of a tensor, in shapes that spread."""
        tensor = self._graph.tensors[index]
        found = tensor.quantization
        none = np.zeros((), np.float32)
        if found is None or found.scale is None or len(found.scale) == 0:
            return None, none
        shape = [1] * len(tensor.shape)
        if len(found.scale) > 1:
            shape[found.quantizedDimension] = len(found.scale)
        scale = np.asarray(found.scale, np.float32).reshape(shape)
        zero = np.zeros_like(scale) if found.zeroPoint is None else found.zeroPoint
        return scale, np.asarray(zero, np.float32).reshape(shape)

    def _stored(self, index: int, value: Array) -> Array:
        """A value as the file has it."""
        kind = _numpy_type(self._graph.tensors[index].type)
        scale, zero = self._parameters(index)
        if scale is not None and kind.kind in "iu":
            limits = np.iinfo(kind)
            value = np.clip(np.rint(value / scale) + zero, limits.min, limits.max)
        return np.ascontiguousarray(value.astype(kind, copy=False))

    def _read_value(self, index: int, value: Array) -> Array:
        """A value as traces have it."""
        scale, zero = self._parameters(index)
        if scale is not None and value.dtype.kind in "iu":
            return (value.astype(np.float32) - zero) * scale
        return value.astype(np.float32) if value.dtype.kind == "f" else value

    def _single(self, op: TracedOp) -> bytes:
        """A model of one op with what makes its constants."""
        from ai_edge_litert import schema_py_generated as schema

        node = self._nodes[op.outputs]
        nodes = [*self._makers_of(node), node]
        used = sorted(
            {int(index) for item in nodes for index in (*item.inputs, *item.outputs)} - {-1}
        )
        place = {index: number for number, index in enumerate(used)} | {-1: -1}
        model = schema.ModelT()
        model.version = self._model.version
        model.operatorCodes = self._model.operatorCodes
        model.buffers = [schema.BufferT()]
        graph = schema.SubGraphT()
        graph.tensors = [self._moved(index, model) for index in used]
        graph.operators = []
        for item in nodes:
            moved = copy.copy(item)
            moved.inputs = np.array([place[int(index)] for index in item.inputs], np.int32)
            moved.outputs = np.array([place[int(index)] for index in item.outputs], np.int32)
            graph.operators.append(moved)
        graph.inputs = [place[self._index[name]] for name in op.inputs]
        graph.outputs = [place[self._index[name]] for name in op.outputs]
        model.subgraphs = [graph]
        return _packed(model)

    def _moved(self, index: int, model: Any) -> Any:
        """A copy of a tensor, whose content becomes a buffer of another model."""
        tensor = copy.copy(self._graph.tensors[index])
        content = self._model.buffers[tensor.buffer]
        tensor.buffer = _NO_CONTENT
        if content.data is not None and len(content.data):
            tensor.buffer = len(model.buffers)
            model.buffers.append(content)
        return tensor

    def _makers_of(self, node: Any) -> list[Any]:
        """The ops that make an op's constants, in their order."""
        found: list[Any] = []
        for index in node.inputs:
            maker = self._makers.get(self._names[index]) if index >= 0 else None
            if maker is not None:
                found += [item for item in (*self._makers_of(maker), maker) if item not in found]
        return found


def with_outputs(content: bytes, names: Sequence[str]) -> bytes:
    """A copy of a TFLite file whose outputs are the named values, so that a run shows them.

    Args:
        content: The file.
        names: Of tensors, as :class:`TFLiteTracer` calls them.
    """
    model = _unpacked(content)
    (graph,) = model.subgraphs
    index = {name: number for number, name in enumerate(_unique_names(graph))}
    graph.outputs = [index[name] for name in names]
    model.signatureDefs = []
    return _packed(model)


def _read(path: Path) -> Any:
    """A file in the schema's object form."""
    try:
        return _unpacked(path.read_bytes())
    except ImportError as error:
        raise MissingDependencyError(
            "reading TFLite graphs needs ai-edge-litert and flatbuffers; install"
            " lowformer-edge[tflite-runtime]"
        ) from error


def _unpacked(content: bytes) -> Any:
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    for buffer in model.buffers:
        # Weights may lie behind the flatbuffer.
        if buffer.offset > 1:
            buffer.data = np.frombuffer(content, np.uint8, buffer.size, buffer.offset)
        buffer.offset = buffer.size = 0
    return model


def _packed(model: Any) -> bytes:
    import flatbuffers

    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(model.Pack(builder), file_identifier=FILE_IDENTIFIER)
    return bytes(builder.Output())


def _run(content: bytes, feeds: list[Array]) -> list[Array]:
    """The outputs of a model, in its order, for its inputs."""
    from ai_edge_litert.interpreter import Interpreter

    with captured_output():
        interpreter = Interpreter(model_content=content, num_threads=1)
        interpreter.allocate_tensors()
        for tensor, value in zip(interpreter.get_input_details(), feeds, strict=True):
            interpreter.set_tensor(tensor["index"], value)
        interpreter.invoke()
        return [
            np.array(interpreter.get_tensor(tensor["index"]))
            for tensor in interpreter.get_output_details()
        ]


def _unique_names(graph: Any) -> list[str]:
    """Names of a graph's tensors; those that are called alike get their number behind it."""
    seen: set[str] = set()
    names = []
    for number, tensor in enumerate(graph.tensors):
        name = tensor.name.decode() if isinstance(tensor.name, bytes) else str(tensor.name or "")
        name = f"{name}#{number}" if name in seen or not name else name
        seen.add(name)
        names.append(name)
    return names


def _numpy_type(code: int) -> np.dtype[Any]:
    from ai_edge_litert import schema_py_generated as schema

    types = {
        schema.TensorType.FLOAT32: np.float32,
        schema.TensorType.FLOAT16: np.float16,
        schema.TensorType.INT8: np.int8,
        schema.TensorType.UINT8: np.uint8,
        schema.TensorType.INT16: np.int16,
        schema.TensorType.INT32: np.int32,
        schema.TensorType.INT64: np.int64,
        schema.TensorType.BOOL: np.bool_,
    }
    if code not in types:
        raise ArtifactError(f"a tensor of type {code} cannot be traced")
    return np.dtype(types[code])
