"""The graph that an ExecuTorch program gives to XNNPACK.

The numbers of fields are those of XNNPACK's ``schema.fbs`` in ExecuTorch 1.5.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .flatbuffer import DamagedBufferError, Table
from .program import XNNPACK_QUANTIZED, DelegateContent, xnnpack_kind, xnnpack_parts

_PER_CHANNEL, _PER_TENSOR, _DYNAMIC = 1, 2, 3
"""Kinds of quantization."""

_TYPES = {1: "fp32", 2: "fp16", 3: "qint8", 5: "qint32", 6: "qcint8", 7: "qcint32", 9: "qdint8"}
_STORED = {
    "fp32": "<f4",
    "fp16": "<f2",
    "qint8": "i1",
    "qint32": "<i4",
    "qcint8": "i1",
    "qcint32": "<i4",
}

_NO_OFFSET = (1 << 64) - 1


@dataclasses.dataclass(frozen=True)
class Quantization:
    """How steps become numbers: ``scale * (step - zero_point)``.

    Attributes:
        scale: One, or one for each channel in a shape that spreads; None where each row of an
            image gets its own as it comes.
        zero_point: The step that stands for zero.
        row_rank: Number of axes that share a scale where it comes with the image.
    """

    scale: NDArray[np.float32] | None
    zero_point: int = 0
    row_rank: int = 0


@dataclasses.dataclass(frozen=True)
class XNNValue:
    """A value of the graph.

    Attributes:
        dtype: As the schema calls it, without its prefix: ``fp32``, ``qint8`` per tensor,
            ``qcint8`` per channel, ``qdint8`` with scales that come with the image.
        shape: Its sizes.
        quantization: Of a quantized value.
        constant: A constant, dequantized.
        argument: Which of the delegate's arguments it is, if it is one.
    """

    dtype: str
    shape: tuple[int, ...]
    quantization: Quantization | None
    constant: NDArray[np.float32] | None
    argument: int


@dataclasses.dataclass(frozen=True)
class XNNNode:
    """An op of the graph.

    Attributes:
        kind: Such as ``Conv2d``.
        inputs: Ids of the values that it takes, -1 where an optional one is left out.
        output: Id of the value that it computes.
        options: What else the schema states of it.
        clamp: Least and greatest value of its output.
    """

    kind: str
    inputs: tuple[int, ...]
    output: int
    options: Mapping[str, Any]
    clamp: tuple[float, float] | None


@dataclasses.dataclass(frozen=True)
class XNNGraph:
    """What XNNPACK computes.

    Attributes:
        nodes: In the order in which they run.
        values: By their ids.
        inputs: Ids of the inputs, in the order of the delegate's arguments.
        outputs: Ids of the outputs, likewise.
    """

    nodes: tuple[XNNNode, ...]
    values: Mapping[int, XNNValue]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


_UNARY = [
    *("Softmax", "Sigmoid", "Clamp", "Floor", "Convert", "GlobalAvgPooling2d", "SquareRoot"),
    *("Ceiling", "Hardswish", "Negate", "Square", "Abs", "ReciprocalSquareRoot", "Log", "Gelu"),
    *("Tanh", "Exp", "Sin", "Copy", "Cos"),
]
_BINARY = ["Add", "Div", "Minimum", "Multiply", "Subtract", "Maximum", "BatchMatrixMultiply"]
_CONVOLUTIONS = ["Conv2d", "DepthwiseConv2d", "ConvTranspose2d"]

_INPUTS = {
    **dict.fromkeys(_UNARY, (0,)),
    **dict.fromkeys(_BINARY, (0, 1)),
    **dict.fromkeys(_CONVOLUTIONS, (15, 16, 17)),
    "FullyConnected": (0, 1, 2),
    "StaticTranspose": (2,),
    "StaticResizeBilinear2D": (2,),
    "StaticConstantPad": (3,),
    "StaticReshape": (2,),
    "StaticSlice": (3,),
    "AvgPooling2d": (10,),
    "MaxPooling2d": (10,),
    "Concatenate2": (1, 2),
    "Concatenate3": (1, 2, 3),
    "Concatenate4": (1, 2, 3, 4),
    "Concatenate5": (1, 2, 3, 4, 7),
}
"""Fields that hold the ids of a node's inputs."""

_OUTPUT = {
    **dict.fromkeys(_UNARY, 1),
    **dict.fromkeys(_BINARY, 2),
    **dict.fromkeys(_CONVOLUTIONS, 18),
    "FullyConnected": 3,
    "StaticTranspose": 3,
    "StaticResizeBilinear2D": 3,
    "StaticConstantPad": 4,
    "StaticReshape": 3,
    "StaticSlice": 4,
    "AvgPooling2d": 11,
    "MaxPooling2d": 11,
    **{f"Concatenate{count}": 5 for count in range(2, 6)},
}
"""The field behind it holds the flags."""

_CONVOLUTION_OPTIONS = {
    "padding": (0, 1, 2, 3),
    "kernel": (4, 5),
    "strides": (6, 7),
    "dilations": (8, 9),
    "group_channels": (10, 11),
    "groups": (12,),
    "adjustment": (13, 14),
}
_POOLING_OPTIONS = {"padding": (0, 1, 2, 3), "kernel": (4, 5), "strides": (6, 7)}
_INTEGERS: dict[str, dict[str, tuple[int, ...]]] = {
    **dict.fromkeys(_CONVOLUTIONS, _CONVOLUTION_OPTIONS),
    **dict.fromkeys(["AvgPooling2d", "MaxPooling2d"], _POOLING_OPTIONS),
    "StaticResizeBilinear2D": {"size": (0, 1)},
    **{f"Concatenate{count}": {"axis": (0,)} for count in range(2, 6)},
}
"""Options that are integers in fields of their own."""

_VECTORS = {
    "StaticTranspose": {"perm": 1},
    "StaticConstantPad": {"before": 0, "behind": 1},
    "StaticReshape": {"shape": 1},
    "StaticSlice": {"offsets": 1, "sizes": 2},
}
"""Options that are vectors of integers."""


def read_graph(delegate: DelegateContent) -> XNNGraph:
    """Reads what a program gives to XNNPACK.

    Raises:
        DamagedBufferError: It is damaged, or holds what is not known.
    """
    content, behind = xnnpack_parts(delegate.payload)
    graph = Table.root(content)
    constants = [_data(item, delegate.named, behind) for item in graph.tables(8)]
    values = dict(_value(item, constants) for item in graph.tables(2))

    def in_order(numbers: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(numbers, key=lambda number: values[number].argument))

    return XNNGraph(
        nodes=tuple(map(_node, graph.tables(1))),
        values=values,
        inputs=in_order(graph.integers(4)),
        outputs=in_order(graph.integers(5)),
    )


def _data(item: Table, named: Mapping[str, memoryview], behind: memoryview) -> memoryview:
    """A constant's bytes, which have a name or lie behind the graph."""
    name, size = item.text(2), item.integer(1, "<Q")
    if name:
        if name not in named:
            raise DamagedBufferError(f"the constant {name} is missing")
        return named[name][:size]
    start = item.integer(0, "<Q")
    return behind[:0] if start == _NO_OFFSET else behind[start : start + size]


def _value(item: Table, constants: list[memoryview]) -> tuple[int, XNNValue]:
    kind, table = item.union(0)
    quantized = table if kind == XNNPACK_QUANTIZED else None
    tensor = quantized.table(0) if quantized else table
    if tensor is None:
        raise DamagedBufferError("a value is empty")
    number = tensor.integer(0, "<h")
    if number not in _TYPES:
        raise DamagedBufferError(f"values of type {number} are not known")
    dtype, shape = _TYPES[number], tensor.integers(2)
    quantization = _quantization(quantized, shape, constants) if quantized else None
    place = tensor.integer(3, "<I")
    constant = _constant(dtype, shape, quantization, constants[place]) if place else None
    value = XNNValue(dtype, shape, quantization, constant, argument=tensor.integer(4, "<I"))
    return tensor.integer(6, "<I"), value


def _quantization(
    value: Table, shape: tuple[int, ...], constants: list[memoryview]
) -> Quantization | None:
    kind, found = value.union(1)
    if found is None:
        return None
    if kind == _PER_TENSOR:
        return Quantization(np.array(found.number(0), np.float32), found.integer(1))
    if kind == _DYNAMIC:
        return Quantization(None, row_rank=found.integer(0))
    if kind != _PER_CHANNEL:
        raise DamagedBufferError(f"quantization of kind {kind} is not known")
    place = found.integer(2, "<I")
    count = found.integer(3, "<I")
    scale = np.array(found.numbers(0), np.float32)
    if place:
        scale = np.frombuffer(constants[place], "<f4", count)
    axis = found.integer(1)
    return Quantization(scale.reshape([-1 if at == axis else 1 for at in range(len(shape))]))


def _constant(
    dtype: str, shape: tuple[int, ...], quantization: Quantization | None, data: memoryview
) -> NDArray[np.float32]:
    if dtype not in _STORED:
        raise DamagedBufferError(f"a constant of type {dtype} is not known")
    stored = np.frombuffer(data, _STORED[dtype], math.prod(shape)).reshape(shape)
    if quantization is None or quantization.scale is None:
        return stored.astype(np.float32)
    return (stored.astype(np.float32) - np.float32(quantization.zero_point)) * quantization.scale


def _node(item: Table) -> XNNNode:
    number, table = item.union(0)
    kind = xnnpack_kind(number)
    if kind not in _INPUTS or table is None:
        raise DamagedBufferError(f"{kind} is not known")
    options: dict[str, Any] = {
        name: [table.integer(field, "<I") for field in fields]
        for name, fields in _INTEGERS.get(kind, {}).items()
    }
    options |= {
        name: list(table.integers(field, "<I")) for name, field in _VECTORS.get(kind, {}).items()
    }
    if kind == "StaticConstantPad":
        options["value"] = table.number(2)
    options["flags"] = table.integer(_OUTPUT[kind] + 1, "<I")
    bounds = item.table(3)
    return XNNNode(
        kind=kind,
        # An id that is left out is the largest unsigned number, -1 as a signed one.
        inputs=tuple(table.integer(field) for field in _INPUTS[kind]),
        output=table.integer(_OUTPUT[kind], "<I"),
        options=options,
        clamp=(bounds.number(0), bounds.number(1)) if bounds else None,
    )
