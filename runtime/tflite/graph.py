"""A TFLite file's graph, read and edited through the schema's object API."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ArtifactError, MissingDependencyError

_ABSENT = -1
"""Stands for an optional input that is left out."""

_NO_CONTENT = 0
"""The buffer that tensors without content share."""

_IDENTIFIER = b"TFL3"

_DTYPES = {
    "FLOAT32": np.float32,
    "FLOAT16": np.float16,
    "INT8": np.int8,
    "UINT8": np.uint8,
    "INT16": np.int16,
    "INT32": np.int32,
    "INT64": np.int64,
    "BOOL": np.bool_,
}
"""By the schema's names of types; numpy has none for the others."""


@dataclasses.dataclass(frozen=True)
class Op:
    """One op of the graph.

    Attributes:
        name: The builtin operator, such as ``CONV_2D``.
        inputs: Indices of its input tensors; -1 where an optional one is absent.
        outputs: Indices of its output tensors.
        place: How many ops run before it.
    """

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    place: int


class TFLiteGraph:
    """The only subgraph of a TFLite model.

    Args:
        content: The file.

    Raises:
        MissingDependencyError: ai-edge-litert or flatbuffers is not installed.
    """

    def __init__(self, content: bytes) -> None:
        # What runs files imports this module whether or not LiteRT is installed.
        try:
            from ai_edge_litert import schema_py_generated
            from ai_edge_litert.tools import flatbuffer_utils

            from .sharing_builder import SharingBuilder
        except ImportError as error:
            raise MissingDependencyError(
                "reading TFLite graphs needs ai-edge-litert and flatbuffers; install"
                " lowformer-edge[tflite-runtime]"
            ) from error
        self._schema: Any = schema_py_generated
        self._tools: Any = flatbuffer_utils
        self._builder = SharingBuilder
        self._op_names = _names(self._schema.BuiltinOperator)
        self._type_names = _names(self._schema.TensorType)
        self._model: Any = self._tools.read_model_from_bytearray(bytearray(content))
        (self._graph,) = self._model.subgraphs
        for buffer in self._model.buffers:
            # The quantizer stores weights behind the flatbuffer; read back they are bytes, which
            # the builder would write one at a time.
            if isinstance(buffer.data, bytes | bytearray):
                buffer.data = np.frombuffer(buffer.data, np.uint8)

    @property
    def inputs(self) -> tuple[int, ...]:
        """Indices of the tensors that the graph takes."""
        return tuple(map(int, self._graph.inputs))

    @property
    def outputs(self) -> tuple[int, ...]:
        """Indices of the tensors that the graph gives."""
        return tuple(map(int, self._graph.outputs))

    def ops(self) -> Iterator[Op]:
        """The ops in the order in which they run."""
        codes = self._model.operatorCodes
        for place, op in enumerate(self._graph.operators):
            number = self._tools.get_builtin_code_from_operator_code(codes[op.opcodeIndex])
            inputs, outputs = tuple(map(int, op.inputs)), tuple(map(int, op.outputs))
            yield Op(self._op_names[number], inputs, outputs, place)

    def dequantize_pixels(self) -> None:
        """Has pixels, an input of uint8, made floats by DEQUANTIZE in place of CAST.

        Delegates take the former, and leave the latter to the runtime's own kernel. A scale of 1
        and a zero point of 0 make both the same.

        Raises:
            ValueError: There is no such input.
        """
        cast = next(op for op in self.ops() if op.name == "CAST")
        if cast.inputs != self.inputs:
            raise ValueError("the graph's input is not cast")
        pixels = self._graph.tensors[self.inputs[0]]
        pixels.quantization = self._schema.QuantizationParametersT()
        pixels.quantization.scale = np.ones(1, np.float32)
        pixels.quantization.zeroPoint = np.zeros(1, np.int64)
        code = self._schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = self._schema.BuiltinOperator.DEQUANTIZE
        self._model.operatorCodes.append(code)
        op = self._graph.operators[cast.place]
        op.opcodeIndex = len(self._model.operatorCodes) - 1
        op.builtinOptionsType = self._schema.BuiltinOptions.DequantizeOptions
        op.builtinOptions = self._schema.DequantizeOptionsT()

    def tensor_name(self, index: int) -> str:
        """The name of a tensor; empty where it has none."""
        name: bytes | str = self._graph.tensors[index].name or ""
        return name.decode() if isinstance(name, bytes) else name

    def unique_names(self) -> list[str]:
        """Names of all tensors; those that are called alike get their number behind it."""
        seen: set[str] = set()
        names = []
        for number in range(len(self._graph.tensors)):
            name = self.tensor_name(number)
            name = f"{name}#{number}" if name in seen or not name else name
            seen.add(name)
            names.append(name)
        return names

    def tensor_type(self, index: int) -> str:
        """The type of a tensor, such as ``INT8``."""
        return self._type_names[self._graph.tensors[index].type]

    def dtype(self, index: int) -> np.dtype[Any]:
        """The type of a tensor's numbers.

        Raises:
            ArtifactError: numpy has none such.
        """
        name = self.tensor_type(index)
        if name not in _DTYPES:
            raise ArtifactError(f"a tensor of type {name} cannot be traced")
        return np.dtype(_DTYPES[name])

    def quantization(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
        """Scale and zero point of a tensor, in shapes that spread over it; None for a float."""
        tensor = self._graph.tensors[index]
        found = tensor.quantization
        if found is None or found.scale is None or len(found.scale) == 0:
            return None
        shape = [1] * len(tensor.shape)
        if len(found.scale) > 1:
            shape[found.quantizedDimension] = len(found.scale)
        scale = np.asarray(found.scale, np.float32).reshape(shape)
        zero = np.zeros_like(scale) if found.zeroPoint is None else found.zeroPoint
        return scale, np.asarray(zero, np.float32).reshape(shape)

    def constant(self, index: int) -> NDArray[np.float32] | None:
        """The values of a constant float32 tensor, or None for any other."""
        data = self._model.buffers[self._graph.tensors[index].buffer].data
        if data is None or self.tensor_type(index) != "FLOAT32":
            return None
        return self.stored(index)

    def replace_constant(self, index: int, values: NDArray[np.float32]) -> None:
        """Gives a constant float32 tensor other values of the same shape."""
        buffer = self._schema.BufferT()
        buffer.data = np.frombuffer(values.astype(np.float32).tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        self._graph.tensors[index].buffer = len(self._model.buffers) - 1

    def map_constants(self, changed: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> None:
        """Gives each constant float32 tensor the values that a function makes of its own."""
        for index in range(len(self._graph.tensors)):
            values = self.constant(index)
            if values is not None:
                self.replace_constant(index, changed(values))

    def stored(self, index: int) -> NDArray[Any]:
        """A constant tensor as it is stored.

        Raises:
            ArtifactError: numpy has no such type.
            ValueError: It is no constant.
        """
        data = self._model.buffers[self._graph.tensors[index].buffer].data
        if data is None:
            raise ValueError(f"{self.tensor_name(index)} is no constant")
        return np.frombuffer(bytes(data), self.dtype(index)).reshape(self.shape(index))

    def shape(self, index: int) -> tuple[int, ...]:
        """The sizes of a tensor."""
        return tuple(map(int, self._graph.tensors[index].shape))

    def options(self, op: Op) -> Any:
        """What the schema's table of an op states of it."""
        return self._graph.operators[op.place].builtinOptions

    def name_inputs_and_outputs(self, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> None:
        """Names the graph's input and output tensors, in the signature too."""
        (signature,) = self._model.signatureDefs
        for indices, entries, names in (
            (self._graph.inputs, signature.inputs, inputs),
            (self._graph.outputs, signature.outputs, outputs),
        ):
            by_tensor = {entry.tensorIndex: entry for entry in entries}
            for index, name in zip(indices, names, strict=True):
                self._graph.tensors[index].name = name.encode()
                by_tensor[index].name = name.encode()

    def rename_tensors(self, renamed: Callable[[str], str]) -> None:
        """Gives each tensor another name, from the one that it has."""
        for index, tensor in enumerate(self._graph.tensors):
            tensor.name = renamed(self.tensor_name(index)).encode()

    def describe(self, description: str) -> None:
        """Sets the model's description."""
        self._model.description = description.encode()

    def add_metadata(self, name: str, content: bytes) -> None:
        """Adds a named metadata buffer, as readers of TFLite metadata find it."""
        buffer = self._schema.BufferT()
        buffer.data = np.frombuffer(content, np.uint8)
        self._model.buffers.append(buffer)
        entry = self._schema.MetadataT()
        entry.name = name.encode()
        entry.buffer = len(self._model.buffers) - 1
        self._model.metadata = [*(self._model.metadata or []), entry]

    def to_bytes(self) -> bytes:
        """The file, with those buffers alone that something uses."""
        self._drop_unused_buffers()
        return self._packed(self._model)

    def _drop_unused_buffers(self) -> None:
        """Drops buffers that no tensor and no metadata name, such as a replaced constant's."""
        naming = [*self._graph.tensors, *(self._model.metadata or ())]
        used = sorted({_NO_CONTENT, *(item.buffer for item in naming)})
        moved = {index: number for number, index in enumerate(used)}
        for item in naming:
            item.buffer = moved[item.buffer]
        self._model.buffers = [self._model.buffers[index] for index in used]

    def with_outputs(self, outputs: Sequence[int]) -> bytes:
        """A copy of the file that gives other tensors, so that a run shows them.

        Args:
            outputs: Their indices.
        """
        model, graph = copy.copy(self._model), copy.copy(self._graph)
        graph.outputs = list(outputs)
        model.subgraphs, model.signatureDefs = [graph], []
        return self._packed(model)

    def cut_out(self, ops: Sequence[Op], inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        """A file of some ops alone.

        Args:
            ops: In the order in which they run.
            inputs: Indices of the tensors that it takes.
            outputs: Indices of the tensors that it gives.
        """
        used = sorted({index for op in ops for index in (*op.inputs, *op.outputs)} - {_ABSENT})
        moved = {index: number for number, index in enumerate(used)} | {_ABSENT: _ABSENT}
        model = self._schema.ModelT()
        model.version = self._model.version
        model.operatorCodes = self._model.operatorCodes
        model.buffers = [self._schema.BufferT()]
        graph = self._schema.SubGraphT()
        graph.tensors = [self._moved_tensor(index, model) for index in used]
        graph.operators = [self._moved_op(op, moved) for op in ops]
        graph.inputs = [moved[index] for index in inputs]
        graph.outputs = [moved[index] for index in outputs]
        model.subgraphs = [graph]
        return self._packed(model)

    def _moved_tensor(self, index: int, model: Any) -> Any:
        """A copy of a tensor, whose content becomes a buffer of another model."""
        tensor = copy.copy(self._graph.tensors[index])
        content = self._model.buffers[tensor.buffer]
        tensor.buffer = _NO_CONTENT
        if content.data is not None and len(content.data):
            tensor.buffer = len(model.buffers)
            model.buffers.append(content)
        return tensor

    def _moved_op(self, op: Op, moved: Mapping[int, int]) -> Any:
        """A copy of an op between tensors of other indices."""
        found = copy.copy(self._graph.operators[op.place])
        found.inputs = [moved[index] for index in op.inputs]
        found.outputs = [moved[index] for index in op.outputs]
        return found

    def _packed(self, model: Any) -> bytes:
        builder = self._builder()
        builder.Finish(model.Pack(builder), _IDENTIFIER)
        return bytes(builder.Output())


def _names(enumeration: Any) -> dict[int, str]:
    """What one of the schema's enumerations calls its numbers."""
    return {number: name for name, number in vars(enumeration).items() if name[0] != "_"}
