"""ML Programs in Core ML's model intermediate language (MIL), as a package holds them.

The numbers of fields are those of Core ML's ``MIL.proto``, and those of ``MILBlob``'s storage,
version 2, for weights in a file of their own (coremltools 9.0).
"""

from __future__ import annotations

import dataclasses
import math
import struct
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .protobuf import DamagedMessageError, Message

MAIN = "main"


class OpenSizeError(DamagedMessageError):
    """A program has tensors whose sizes are known only when it runs."""


Blob = Callable[[str], memoryview]
"""Gives the content of a weight file by the name that the program calls it."""

_TYPES = {
    1: "bool",
    2: "string",
    10: "fp16",
    11: "fp32",
    12: "fp64",
    21: "int8",
    22: "int16",
    23: "int32",
    24: "int64",
    25: "int4",
    31: "uint8",
    32: "uint16",
    33: "uint32",
    34: "uint64",
    35: "uint4",
    36: "uint2",
    37: "uint1",
    38: "uint6",
    39: "uint3",
}
_NUMPY = {
    "bool": "?",
    "fp16": "<f2",
    "fp32": "<f4",
    "fp64": "<f8",
    "int8": "i1",
    "int16": "<i2",
    "int32": "<i4",
    "int64": "<i8",
    "uint8": "u1",
    "uint16": "<u2",
    "uint32": "<u4",
    "uint64": "<u8",
}
_PACKED = {"int4": 4, "uint4": 4, "uint2": 2, "uint1": 1, "uint6": 6, "uint3": 3}
"""Types narrower than a byte, and their bits."""

_BLOB_SENTINEL = 0xDEADBEEF
_BLOB_RECORD = struct.Struct("<IIQQQ")
"""Of the sentinel, the type, the size in bytes, the data's offset and the padding in bits."""

LARGEST_COUNT = 1 << 31
"""Elements of a tensor; more is taken for damage."""

Value = NDArray[Any] | str | tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class TensorType:
    """Type of a variable.

    Attributes:
        dtype: As MIL calls it, such as ``fp16``; ``dictionary`` for a classifier's output.
        shape: Its sizes; empty for a scalar.
    """

    dtype: str
    shape: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Variable:
    """A named value of a program."""

    name: str
    type: TensorType


@dataclasses.dataclass(frozen=True)
class Reference:
    """A variable as an op's argument."""

    name: str


@dataclasses.dataclass(frozen=True)
class Operation:
    """One op.

    Attributes:
        kind: Such as ``conv``.
        name: What the program calls it.
        inputs: Its arguments: variables and values, by the op's own names.
        outputs: What it computes.
        attributes: Values that are no arguments, such as a constant's own.
    """

    kind: str
    name: str
    inputs: Mapping[str, tuple[Reference | Value, ...]]
    outputs: tuple[Variable, ...]
    attributes: Mapping[str, Value]

    @property
    def is_constant(self) -> bool:
        """Whether it stands for a value that is known before the program runs."""
        return self.kind == "const" or self.kind.startswith("constexpr_")


@dataclasses.dataclass(frozen=True)
class Program:
    """The function ``main`` of an ML Program.

    Attributes:
        opset: Which ops it may use, such as ``CoreML7``.
        inputs: Its arguments.
        operations: In the order in which they run.
        outputs: Names of the variables that it returns.
    """

    opset: str
    inputs: tuple[Variable, ...]
    operations: tuple[Operation, ...]
    outputs: tuple[str, ...]

    @property
    def op_counts(self) -> dict[str, int]:
        """Number of ops of each kind, most frequent first, without constants."""
        return dict(Counter(item.kind for item in self.operations if not item.is_constant))


def read_program(message: Message, blob: Blob) -> Program:
    """Reads a program of one function with one block.

    Args:
        message: The field ``mlProgram`` of a model.
        blob: Gives the files that values lie in.

    Raises:
        DamagedMessageError: It is damaged, or of another form.
    """
    functions = dict(message.entries(2))
    if MAIN not in functions:
        raise DamagedMessageError("it has no function 'main'")
    function = functions[MAIN]
    opset = function.text(2)
    blocks = dict(function.entries(3))
    if opset not in blocks:
        raise DamagedMessageError(f"it has no block for {opset or 'its opset'}")
    block = blocks[opset]
    return Program(
        opset=opset,
        inputs=tuple(_variable(item) for item in function.messages(1)),
        operations=tuple(_operation(item, blob) for item in block.messages(3)),
        outputs=block.texts(2),
    )


def _operation(message: Message, blob: Blob) -> Operation:
    kind = message.text(1)
    if message.has(4):
        raise DamagedMessageError(f"{kind} holds blocks of its own, which is not supported")
    attributes = {name: _read_value(value, blob) for name, value in message.entries(5)}
    name = attributes.pop("name", "")
    return Operation(
        kind=kind,
        name=name if isinstance(name, str) else "",
        inputs={
            name: tuple(_binding(item, blob) for item in argument.messages(1))
            for name, argument in message.entries(2)
        },
        outputs=tuple(_variable(item) for item in message.messages(3)),
        attributes=attributes,
    )


def _binding(message: Message, blob: Blob) -> Reference | Value:
    if message.has(1):
        return Reference(message.text(1))
    return _read_value(message.message(2), blob)


def _variable(message: Message) -> Variable:
    return Variable(message.text(1), _type(message.message(2)))


def _type(message: Message) -> TensorType:
    if not message.has(1):
        return TensorType("dictionary" if message.has(4) else "list", ())
    tensor = message.message(1)
    number = tensor.integer(1)
    if number not in _TYPES:
        raise DamagedMessageError(f"data type {number} is unknown")
    shape = []
    for dimension in tensor.messages(3):
        if not dimension.has(1):
            raise OpenSizeError("leaves a size open, which is not read")
        shape.append(dimension.message(1).integer(1))
    if any(size < 0 for size in shape) or math.prod(shape) > LARGEST_COUNT:
        raise DamagedMessageError(f"a tensor of shape {shape} is too large")
    return TensorType(_TYPES[number], tuple(shape))


def _read_value(message: Message, blob: Blob) -> Value:
    """A constant: a text, texts, or an array of its type and shape."""
    if message.message(2).has(2):
        values = message.message(3).message(3).messages(1)
        return tuple(text for item in values for text in _texts(item.message(3).message(1)))
    found = _type(message.message(2))
    if message.has(5):
        reference = message.message(5)
        return _stored(found, blob(reference.text(1)), reference.integer(2))
    tensor = message.message(3).message(1)
    if found.dtype == "string":
        texts = _texts(tensor)
        return texts[0] if len(texts) == 1 and not found.shape else texts
    return _immediate(found, tensor)


def _texts(tensor: Message) -> tuple[str, ...]:
    return tensor.message(4).texts(1)


def _immediate(found: TensorType, tensor: Message) -> NDArray[Any]:
    """A value that stands in the program itself."""
    values: NDArray[Any]
    if tensor.has(1):
        values = tensor.message(1).floats(1)
    elif tensor.has(2):
        values = np.array(tensor.message(2).integers(1), np.int64)
    elif tensor.has(3):
        values = np.array(tensor.message(3).integers(1), np.bool_)
    elif tensor.has(5):
        values = np.array(tensor.message(5).integers(1), np.int64)
    elif tensor.has(7):
        return _shaped(found, tensor.message(7).content(1))
    else:
        raise DamagedMessageError(f"a value of type {found.dtype} has no content")
    return _reshaped(values.astype(_numpy_type(found.dtype)), found.shape)


def _stored(found: TensorType, content: memoryview, offset: int) -> NDArray[Any]:
    """A value in a weight file, described by a record at ``offset``."""
    if not 0 <= offset <= len(content) - _BLOB_RECORD.size:
        raise DamagedMessageError("a weight lies outside the weight file")
    sentinel, _, size, start, _ = _BLOB_RECORD.unpack_from(content, offset)
    if sentinel != _BLOB_SENTINEL or start + size > len(content):
        raise DamagedMessageError("a weight's record is damaged, or the weight file cut off")
    return _shaped(found, content[start : start + size])


def _shaped(found: TensorType, content: memoryview) -> NDArray[Any]:
    """An array of a type's elements, which may be narrower than a byte."""
    if found.dtype in _PACKED:
        values = unpack_bits(content, _PACKED[found.dtype], math.prod(found.shape))
        return _reshaped(_sign_extended(values) if found.dtype == "int4" else values, found.shape)
    kind = np.dtype(_numpy_type(found.dtype))
    if len(content) % kind.itemsize:
        raise DamagedMessageError(f"a value of type {found.dtype} is cut off")
    return _reshaped(np.frombuffer(content, kind), found.shape)


def unpack_bits(content: memoryview, bits: int, count: int) -> NDArray[np.uint8]:
    """Numbers of ``bits`` bits each, the lowest bit first, without gaps between them.

    Raises:
        DamagedMessageError: There are fewer than ``count``.
    """
    if len(content) * 8 < count * bits:
        raise DamagedMessageError(f"{count} numbers of {bits} bits are cut off")
    single = np.unpackbits(np.frombuffer(content, np.uint8), bitorder="little")
    columns = single[: count * bits].reshape(count, bits)
    return (columns << np.arange(bits, dtype=np.uint8)).sum(1, dtype=np.uint8)


def _sign_extended(values: NDArray[np.uint8]) -> NDArray[np.int8]:
    signed = values.astype(np.int8)
    return np.where(signed > 7, signed - np.int8(16), signed)


def _reshaped(values: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    if values.size != math.prod(shape):
        raise DamagedMessageError(f"{values.size} values do not make a tensor of {list(shape)}")
    return values.reshape(shape)


def _numpy_type(dtype: str) -> str:
    if dtype not in _NUMPY:
        raise DamagedMessageError(f"values of type {dtype} are not supported")
    return _NUMPY[dtype]
