"""What an ExecuTorch program (``.pte``) says of itself, read without its runtime.

The numbers of fields are those of ExecuTorch's ``program.fbs`` and of XNNPACK's ``schema.fbs``
in ExecuTorch 1.5; both schemas only ever grow at the end.
"""

from __future__ import annotations

import dataclasses
import struct
from pathlib import Path
from typing import Any

from ..artifact.interface import METADATA_NAME, parse_metadata
from ..errors import ArtifactError
from .flatbuffer import DamagedBufferError, Table

FILE_IDENTIFIER = b"ET12"
FORWARD = "forward"
XNNPACK = "XnnpackBackend"

_EXTENDED_HEADER = b"eh00"
_XNNPACK_HEADER = b"XH00"

_KERNEL_CALL, _DELEGATE_CALL = 1, 2
_TENSOR, _STRING = 5, 6
_SEGMENT = 1

_XNNPACK_NODES = [
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
class ExecuTorchProgram:
    """The method ``forward`` of a program.

    Attributes:
        calls: What it runs, in order: delegates, and names of kernels such as
            ``aten::add.out``.
        inputs: Shapes of the input tensors.
        outputs: Shapes of the output tensors.
        metadata: What ``lowformer-export`` put into the file, or None.
    """

    calls: tuple[DelegateCall | str, ...]
    inputs: tuple[tuple[int, ...], ...]
    outputs: tuple[tuple[int, ...], ...]
    metadata: dict[str, Any] | None

    @property
    def backends(self) -> tuple[str, ...]:
        """Names of the backends that it needs, each once."""
        calls = (call.backend for call in self.calls if isinstance(call, DelegateCall))
        return tuple(dict.fromkeys(calls))


def read_program(path: Path) -> ExecuTorchProgram:
    """Reads a program.

    Raises:
        ArtifactError: The file is missing, cut off, damaged, of another version of the format,
            or has no method ``forward``.
    """
    try:
        content = path.read_bytes()
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
        return _read(memoryview(content))
    except (DamagedBufferError, struct.error, IndexError, AttributeError) as error:
        raise ArtifactError(
            f"{path}: is cut off or damaged ({error}); copy it or export it again"
        ) from error
    except LookupError as error:
        raise ArtifactError(f"{path}: {error.args[0]}") from error


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
        inputs=_shapes(plan, 3),
        outputs=_shapes(plan, 4),
        metadata=_metadata(plans.get(METADATA_NAME)),
    )


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


def _shapes(plan: Table, field: int) -> tuple[tuple[int, ...], ...]:
    """Shapes of the tensors among a plan's inputs (3) or outputs (4)."""
    values = plan.tables(2)
    shapes = []
    for index in plan.integers(field):
        kind, value = values[index].union(0)
        if kind == _TENSOR and value:
            shapes.append(value.integers(2))
    return tuple(shapes)


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
    payload = _payload(content, program, backend, base)
    if bytes(payload[4:8]) == _XNNPACK_HEADER:
        start, size = struct.unpack_from("<II", payload, 10)
        payload = payload[start : start + size]
    kinds = [node.union(0)[0] for node in Table.root(payload).tables(1)]
    return tuple(
        _XNNPACK_NODES[kind - 1] if 0 < kind <= len(_XNNPACK_NODES) else f"node {kind}"
        for kind in kinds
    )


def _payload(content: memoryview, program: Table, backend: Table, base: int) -> memoryview:
    """A delegate's own data, which lie in the program or in a segment behind it."""
    reference = backend.table(1)
    assert reference is not None
    index = reference.integer(1, "<I")
    if reference.integer(0, "<b") != _SEGMENT:
        return program.tables(3)[index].content(0)
    segment = program.tables(4)[index]
    start, size = base + segment.integer(0, "<Q"), segment.integer(1, "<Q")
    return content[start : start + size]
