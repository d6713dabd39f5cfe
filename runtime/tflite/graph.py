"""A TFLite file's graph, read and edited through the schema's object API."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils
from numpy.typing import NDArray

_OP_NAMES = {
    code: name for name, code in vars(schema.BuiltinOperator).items() if not name.startswith("_")
}
_TYPE_NAMES = {
    code: name for name, code in vars(schema.TensorType).items() if not name.startswith("_")
}


@dataclasses.dataclass(frozen=True)
class Op:
    """One op of the graph.

    Attributes:
        name: The builtin operator, such as ``CONV_2D``.
        inputs: Indices of its input tensors; -1 where an optional one is absent.
        outputs: Indices of its output tensors.
    """

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


class TFLiteGraph:
    """The only subgraph of a TFLite model.

    Args:
        content: The file.
    """

    def __init__(self, content: bytes) -> None:
        self._model: Any = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
        (self._graph,) = self._model.subgraphs
        for buffer in self._model.buffers:
            # The quantizer stores weights behind the flatbuffer; read back they are bytes, which
            # the builder would write one at a time.
            if isinstance(buffer.data, bytes | bytearray):
                buffer.data = np.frombuffer(buffer.data, np.uint8)

    def to_bytes(self) -> bytes:
        """The file."""
        return bytes(flatbuffer_utils.convert_object_to_bytearray(self._model))

    def ops(self) -> Iterator[Op]:
        """The ops in the order in which they run."""
        codes = self._model.operatorCodes
        for op in self._graph.operators:
            code = codes[op.opcodeIndex]
            number = max(code.builtinCode, code.deprecatedBuiltinCode)
            yield Op(_OP_NAMES[number], tuple(map(int, op.inputs)), tuple(map(int, op.outputs)))

    def tensor_name(self, index: int) -> str:
        """The name of a tensor."""
        name: bytes | str = self._graph.tensors[index].name
        return name.decode() if isinstance(name, bytes) else name

    def tensor_type(self, index: int) -> str:
        """The type of a tensor, such as ``INT8``."""
        return _TYPE_NAMES[self._graph.tensors[index].type]

    def constant(self, index: int) -> NDArray[np.float32] | None:
        """The values of a constant float32 tensor, or None for any other."""
        tensor = self._graph.tensors[index]
        data = self._model.buffers[tensor.buffer].data
        if data is None or tensor.type != schema.TensorType.FLOAT32:
            return None
        values = np.frombuffer(bytes(data), np.float32)
        return values.reshape(tuple(tensor.shape))

    def replace_constant(self, index: int, values: NDArray[np.float32]) -> None:
        """Gives a constant float32 tensor other values of the same shape."""
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(values.astype(np.float32).tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        self._graph.tensors[index].buffer = len(self._model.buffers) - 1

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
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(content, np.uint8)
        self._model.buffers.append(buffer)
        entry = schema.MetadataT()
        entry.name = name.encode()
        entry.buffer = len(self._model.buffers) - 1
        self._model.metadata = [*(self._model.metadata or []), entry]
