"""Computing the ops of a Core ML package one at a time, with our interpreter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
from .constants import constant_value
from .program import Operation, Reference
from .runner import DAMAGE, InterpreterRunner

_BITS = {"fp16": FLOAT16_BITS, "int8": 8, "uint8": 8}


class MILTracer(Tracer):
    """The ops of a package.

    Args:
        path: The package.
        half: Computes the ops that are in half precision; by default in float32, rounded.

    Raises:
        ArtifactError: It cannot be read or computed, or takes no image.
        MissingDependencyError: A package that the interpreter needs is not installed.
    """

    runtime = "MIL interpreter"

    def __init__(self, path: Path, half: Arithmetic | None = None) -> None:
        self._runner = InterpreterRunner(path, half=half or SINGLE)
        self._path = path
        self.batch = self._runner.taken_image().batch
        given = self._runner.outputs
        self.outputs = traced_outputs(given, [tensor.name for tensor in given])
        program = self._runner.program
        self._constants = {
            item.outputs[0].name: item for item in program.operations if item.is_constant
        }
        self._types = {
            variable.name: variable.type.dtype
            for item in program.operations
            for variable in item.outputs
        }
        steps = [item for item in program.operations if not item.is_constant]
        self._steps = {_key(item): item for item in steps}
        self._scales = {_key(item)[0]: item for item in steps if item.kind == "quantize"}
        taken = {variable.name for variable in program.inputs}
        ops = dependent(map(self._op, steps), taken)
        varying = {name for op in ops for name in op.outputs}
        self._folded: dict[str, Array] = {}
        for item in steps:
            if not varying.intersection(_key(item)):
                self._folded |= self._computed(self._op(item), self._folded)
        self.ops = needed_for(self.outputs, ops)

    def inputs(self, images: NDArray[np.float32]) -> dict[str, Array]:
        given = self._runner.given(images)
        halves = {item.name for item in self._runner.program.inputs if item.type.dtype == "fp16"}
        return {
            name: value.astype(np.float16).astype(np.float32) if name in halves else value
            for name, value in given.items()
        }

    def compute(self, op: TracedOp, values: Values) -> dict[str, Array]:
        taken = {name: self._stored(name, values[name]) for name in op.inputs}
        results = self._computed(op, {**self._folded, **taken})
        return {name: self._read(name, value) for name, value in results.items()}

    def _computed(self, op: TracedOp, values: Values) -> dict[str, Array]:
        """What an op gives, as it is stored.

        Raises:
            ArtifactError: It cannot be computed.
        """
        try:
            return self._runner.compute(self._steps[op.outputs], values)
        except DAMAGE as error:
            raise ArtifactError(
                f"{self._path}: {op.kind} {op.name} cannot be computed ({error})"
            ) from error

    def steps(self) -> dict[str, float]:
        return {name: float(self._parameters(name)[0].max()) for name in self._scales}

    def _op(self, step: Operation) -> TracedOp:
        taken = [
            item.name
            for items in step.inputs.values()
            for item in items
            if isinstance(item, Reference)
        ]
        return TracedOp(
            kind=step.kind,
            name=step.name or step.outputs[0].name,
            inputs=tuple(dict.fromkeys(taken)),
            outputs=_key(step),
            bits=min(self._bits(name) for name in (*taken, *_key(step))),
        )

    def _bits(self, name: str) -> int:
        """Significant bits of a variable's numbers."""
        constant = self._constants.get(name)
        if constant is None:
            return _BITS.get(self._types.get(name, ""), FLOAT32_BITS)
        if constant.kind == "const":
            value = constant.attributes["val"]
            half = isinstance(value, np.ndarray) and value.dtype == np.float16
            return FLOAT16_BITS if half else FLOAT32_BITS
        if constant.kind == "constexpr_lut_to_dense":
            values = np.unique(np.asarray(constant_value(constant)))
            return min(8, max(1, (len(values) - 1).bit_length()))
        return 8

    def _parameters(self, name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The scale and the zero point of a variable in steps, in shapes that spread."""
        step = self._scales[name]
        rank = len(step.outputs[0].type.shape)
        scale = self._argument(step, "scale").astype(np.float32)
        zero = np.zeros((), np.float32)
        if "zero_point" in step.inputs:
            zero = self._argument(step, "zero_point").astype(np.float32)
        if scale.ndim == 0:
            return scale, zero
        axis = int(self._argument(step, "axis")) % rank
        spread = [-1 if number == axis else 1 for number in range(rank)]
        return scale.reshape(spread), zero.reshape(spread) if zero.ndim else zero

    def _argument(self, step: Operation, name: str) -> NDArray[Any]:
        (item,) = step.inputs[name]
        if isinstance(item, Reference):
            return np.asarray(constant_value(self._constants[item.name]))
        return np.asarray(item)

    def _stored(self, name: str, value: Array) -> Array:
        """A value as the program has it."""
        if name not in self._scales:
            return value
        scale, zero = self._parameters(name)
        kind = np.dtype(self._types[name])
        limits = np.iinfo(kind)
        return np.clip(np.rint(value / scale) + zero, limits.min, limits.max).astype(kind)

    def _read(self, name: str, value: Array) -> Array:
        """A value as traces have it."""
        if name not in self._scales:
            return value
        scale, zero = self._parameters(name)
        return (value.astype(np.float32) - zero) * scale


def _key(step: Operation) -> tuple[str, ...]:
    return tuple(variable.name for variable in step.outputs)
