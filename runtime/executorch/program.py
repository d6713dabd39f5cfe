"""What an ExecuTorch program (``.pte``) says of itself, read without its runtime.

The numbers of fields are those of ExecuTorch's ``program.fbs`` and of XNNPACK's ``schema.fbs``
in ExecuTorch 1.5; both schemas only ever grow at the end.
"""

from __future__ import annotations

import dataclasses
import math
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...artifact.interface import METADATA_NAME, parse_metadata
from ...errors import ArtifactError
from ...process.limits import LARGEST_MODEL, LARGEST_TENSOR
from ...process.reading import read_bytes
from ...process.text import one_line
from .flatbuffer import DamagedBufferError, Table

FILE_IDENTIFIER = b"ET12"
FORWARD = "forward"
XNNPACK = "XnnpackBackend"
CAST = "dim_order_ops::_to_dim_order_copy.out"
"""What makes floats of pixels before a delegate, which takes no integers."""

_Read = TypeVar("_Read")

_EXTENDED_HEADER = b"eh00"
_XNNPACK_HEADER = b"XH00"

_KERNEL_CALL, _DELEGATE_CALL = 1, 2
_TENSOR, _STRING = 5, 6
_SEGMENT = 1
_FLOAT, _HALF = 6, 5
_TYPES = {
    0: "uint8",
    1: "int8",
    2: "int16",
    3: "int32",
    4: "int64",
    _HALF: "float16",
    _FLOAT: "float32",
    7: "float64",
    11: "bool",
    15: "bfloat16",
}
"""By the numbers of types in ``scalar_type.fbs``."""

_STORED = {_FLOAT: "<f4", _HALF: "<f2"}
"""Types of constants that a delegate takes as arguments."""

NO_TENSOR = "no tensor"
"""Stands for the type of an input or output that is a number, a text or a list."""

XNNPACK_QUANTIZED = 2
"""Which kind of values XNNPACK's schema has for quantized ones; others are plain tensors."""

XNNPACK_NODES = [
    "Add",
    "FullyConnected",
    "Softmax",
    "Sigmoid",
    "StaticTranspose",
    "Clamp",
    "Conv2d",
    "Div",
    "StaticResizeBilinear2D",
    "StaticConstantPad",
    "AvgPooling2d",
    "Minimum",
    "DepthwiseConv2d",
    "MaxPooling2d",
    "Multiply",
    "Subtract",
    "Floor",
    "Convert",
    "GlobalAvgPooling2d",
    "StaticReshape",
    "ArgMaxPooling2d",
    "SquareRoot",
    "Ceiling",
    "Hardswish",
    "LeakyReLU",
    "Maximum",
    "Negate",
    "Square",
    "ELU",
    "Abs",
    "PReLU",
    "Concatenate2",
    "Concatenate3",
    "Concatenate4",
    "StaticSlice",
    "ScaledDotProductAttention",
    "BatchMatrixMultiply",
    "Concatenate5",
    "ConvTranspose2d",
    "ReciprocalSquareRoot",
    "Log",
    "Gelu",
    "Tanh",
    "Exp",
    "Sin",
    "Copy",
    "Cos",
]
"""Kinds of nodes in the order of the schema's union, from 1 on."""


@dataclasses.dataclass(frozen=True)
class DelegateCall:
    """A part of the program that a backend runs.

    Attributes:
        backend: The backend's name, such as ``XnnpackBackend``.
        nodes: Kinds of the nodes within; empty for backends whose format is not read here.
    """

    backend: str
    nodes: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class TensorType:
    """What an input or output of a program is; programs have no names for them.

    Attributes:
        shape: Its sizes; the largest ones where they may vary.
        dtype: Of its values, by numpy's name; :data:`NO_TENSOR` where it is none.
    """

    shape: tuple[int, ...]
    dtype: str


@dataclasses.dataclass(frozen=True)
class ExecuTorchProgram:
    """The method ``forward`` of a program.

    Attributes:
        calls: What it runs, in order: delegates, and names of kernels such as
            ``aten::add.out``.
        inputs: What it takes.
        outputs: What it gives.
        metadata: What ``lowformer-export`` put into the file, or None.
    """

    calls: tuple[DelegateCall | str, ...]
    inputs: tuple[TensorType, ...]
    outputs: tuple[TensorType, ...]
    metadata: dict[str, Any] | None

    @property
    def backends(self) -> tuple[str, ...]:
        """Names of the backends that it needs, each once."""
        calls = (call.backend for call in self.calls if isinstance(call, DelegateCall))
        return tuple(dict.fromkeys(calls))


@dataclasses.dataclass(frozen=True)
class DelegateContent:
    """What the only part of a program that does anything, a delegate, is given.

    Attributes:
        payload: The delegate's own data.
        named: Data that these refer to by name.
        arguments: What the program calls it with, inputs first: a constant tensor, or None for
            the program's own inputs and outputs.
        outputs: Which of these arguments each of the program's outputs is.
    """

    payload: memoryview
    named: Mapping[str, memoryview]
    arguments: tuple[NDArray[np.float32] | None, ...]
    outputs: tuple[int, ...]


def read_program(path: Path) -> ExecuTorchProgram:
    """Reads a program.

    Raises:
        ArtifactError: The file is missing, cut off, damaged, of another version of the format,
            or has no method ``forward``.
    """
    return _checked(path, _read)


def read_delegate(path: Path) -> DelegateContent:
    """Reads what a program gives to XNNPACK, where that computes all but a cast of pixels.

    Raises:
        ArtifactError: The file cannot be read, see :func:`read_program`, or a part of it runs
            elsewhere.
    """
    calls = read_program(path).calls
    others = [call if isinstance(call, str) else call.backend for call in calls]
    if others not in ([XNNPACK], [CAST, XNNPACK]):
        raise ArtifactError(
            f"{path}: runs {', '.join(dict.fromkeys(others))}; only programs that are one call of"
            f" {XNNPACK} can be computed op by op"
        )
    return _checked(path, _delegate)


def _checked(path: Path, read: Callable[[memoryview], _Read]) -> _Read:
    """What a reader makes of a file, with damage as one line."""
    try:
        content = read_bytes(path, LARGEST_MODEL)
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read ({error.strerror})") from error
    identifier = content[4:8]
    if identifier != FILE_IDENTIFIER:
        if identifier[:2] == FILE_IDENTIFIER[:2]:
            raise ArtifactError(
                f"{path}: is an ExecuTorch program of version"
                f" {identifier.decode(errors='replace')}, not {FILE_IDENTIFIER.decode()};"
                " export it again"
            )
        raise ArtifactError(f"{path}: is no ExecuTorch program (.pte)")
    try:
        return read(memoryview(content))
    except _NoForwardError as error:
        raise ArtifactError(f"{path}: {error.args[0]}") from error
    except (ArtifactError, MemoryError):
        raise
    except Exception as error:  # what follows from a wrong offset may be anything
        raise ArtifactError(
            f"{path}: is cut off or damaged ({one_line(error)}); copy it or export it again"
        ) from error


class _NoForwardError(LookupError):
    pass


def _read(content: memoryview) -> ExecuTorchProgram:
    base = _segments_base(content)
    program = Table.root(content)
    plans = {plan.text(0): plan for plan in program.tables(1)}
    if FORWARD not in plans:
        raise _NoForwardError("has no method 'forward'; is it a model of lowformer-export?")
    plan = plans[FORWARD]
    delegates = [
        DelegateCall(backend.text(0), _nodes(content, program, backend, base))
        for backend in plan.tables(7)
    ]
    operators = [f"{operator.text(0)}.{operator.text(1)}" for operator in plan.tables(6)]
    calls: list[DelegateCall | str] = []
    for chain in plan.tables(5):
        for instruction in chain.tables(2):
            kind, arguments = instruction.union(0)
            if kind == _KERNEL_CALL and arguments:
                calls.append(operators[arguments.integer(0)])
            elif kind == _DELEGATE_CALL and arguments:
                calls.append(delegates[arguments.integer(0)])
    return ExecuTorchProgram(
        calls=tuple(calls),
        inputs=_tensor_types(plan, 3),
        outputs=_tensor_types(plan, 4),
        metadata=_metadata(plans.get(METADATA_NAME)),
    )


def _delegate(content: memoryview) -> DelegateContent:
    base = _segments_base(content)
    program = Table.root(content)
    (plan,) = (plan for plan in program.tables(1) if plan.text(0) == FORWARD)
    instructions = [item.union(0) for chain in plan.tables(5) for item in chain.tables(2)]
    (call,) = (call for kind, call in instructions if kind == _DELEGATE_CALL and call)
    values, arguments = plan.tables(2), call.integers(1)
    return DelegateContent(
        payload=_payload(content, program, plan.tables(7)[call.integer(0)], base),
        named={
            item.text(0): _segment(content, program, item.integer(1, "<I"), base)
            for item in program.tables(7)
        },
        arguments=tuple(_constant(content, program, values[index], base) for index in arguments),
        outputs=tuple(arguments.index(output) for output in plan.integers(4)),
    )


def _constant(
    content: memoryview, program: Table, value: Table, base: int
) -> NDArray[np.float32] | None:
    """A constant tensor; None for one that is computed or given."""
    kind, tensor = value.union(0)
    if kind != _TENSOR or tensor is None:
        raise DamagedBufferError("a delegate's argument is no tensor")
    index = tensor.integer(5, "<I")
    if index == 0:
        return None
    stored = _STORED.get(tensor.integer(0, "<b"))
    if stored is None:
        raise DamagedBufferError("a delegate's argument is a constant of another type than float")
    shape = tensor.integers(2)
    count = math.prod(shape)
    segment = program.table(5)
    assert segment is not None
    start = segment.integers(1, "<Q")[index]
    size = np.dtype(stored).itemsize * count
    data = _segment(content, program, segment.integer(0, "<I"), base)[start : start + size]
    order = tuple(tensor.content(3)) or tuple(range(len(shape)))
    values = np.frombuffer(data, stored, count).reshape([shape[axis] for axis in order])
    return values.transpose(np.argsort(order)).astype(np.float32)


def _segments_base(content: memoryview) -> int:
    """Where the segments start; 0 where the file has none.

    Raises:
        DamagedBufferError: The file ends before its segments do.
    """
    if bytes(content[8:12]) != _EXTENDED_HEADER:
        return 0
    length, size, base = struct.unpack_from("<IQQ", content, 12)
    data = struct.unpack_from("<Q", content, 32)[0] if length >= 32 else 0
    if len(content) < max(size, base + data):
        raise DamagedBufferError(f"has {len(content)} of {max(size, base + data)} bytes")
    return int(base)


def _tensor_types(plan: Table, field: int) -> tuple[TensorType, ...]:
    """A plan's inputs (3) or outputs (4)."""
    values = plan.tables(2)
    types = []
    for index in plan.integers(field):
        kind, tensor = values[index].union(0)
        if kind != _TENSOR or tensor is None:
            types.append(TensorType((), NO_TENSOR))
            continue
        number = tensor.integer(0, "<b")
        types.append(TensorType(tensor.integers(2), _TYPES.get(number, f"of type {number}")))
    return tuple(types)


def _metadata(plan: Table | None) -> dict[str, Any] | None:
    """The JSON that the metadata method returns."""
    if plan is None:
        return None
    (index,) = plan.integers(4)
    kind, value = plan.tables(2)[index].union(0)
    if kind != _STRING or value is None:
        return None
    try:
        return parse_metadata(value.text(0))
    except ValueError as error:
        raise DamagedBufferError("its metadata are no JSON") from error


def _nodes(content: memoryview, program: Table, backend: Table, base: int) -> tuple[str, ...]:
    """Kinds of nodes in a delegate's payload, if that is XNNPACK's."""
    if backend.text(0) != XNNPACK:
        return ()
    graph = Table.root(xnnpack_parts(_payload(content, program, backend, base))[0])
    _check_values(graph)
    return tuple(xnnpack_kind(node.union(0)[0]) for node in graph.tables(1))


def _check_values(graph: Table) -> None:
    """Refuses values that XNNPACK would take too much memory for.

    Raises:
        DamagedBufferError: There is one.
    """
    for item in graph.tables(2):
        kind, value = item.union(0)
        tensor = value.table(0) if value and kind == XNNPACK_QUANTIZED else value
        if tensor is None:
            raise DamagedBufferError("a value is empty")
        shape = tensor.integers(2, "<I")
        if math.prod(shape) > LARGEST_TENSOR:
            raise DamagedBufferError(f"a value of shape {list(shape)} is too large")


def xnnpack_kind(number: int) -> str:
    """What a kind of nodes is called, by its number in the schema's union."""
    known = 0 < number <= len(XNNPACK_NODES)
    return XNNPACK_NODES[number - 1] if known else f"node {number}"


def xnnpack_parts(payload: memoryview) -> tuple[memoryview, memoryview]:
    """The graph of a payload, and the constants that lie behind it."""
    if bytes(payload[4:8]) != _XNNPACK_HEADER:
        return payload, payload[:0]
    start, size, constants = struct.unpack_from("<III", payload, 10)
    return payload[start : start + size], payload[constants:]


def _payload(content: memoryview, program: Table, backend: Table, base: int) -> memoryview:
    """A delegate's own data, which lie in the program or in a segment behind it."""
    reference = backend.table(1)
    assert reference is not None
    index = reference.integer(1, "<I")
    if reference.integer(0, "<b") != _SEGMENT:
        return program.tables(3)[index].content(0)
    return _segment(content, program, index, base)


def _segment(content: memoryview, program: Table, index: int, base: int) -> memoryview:
    """Data that lie behind the program."""
    segment = program.tables(4)[index]
    start, size = base + segment.integer(0, "<Q"), segment.integer(1, "<Q")
    return content[start : start + size]
