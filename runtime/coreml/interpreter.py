"""Computing an ML Program in numpy, on any system.

This checks what a package says, not what Apple's hardware does with it: ops compute in float32,
or in a half precision that is given, and results that the program types as half precision are
rounded to it after each op.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arithmetic import SINGLE, Arithmetic
from ..trace import last_uses
from .constants import constant_value
from .kernels import KERNELS, Call, UnsupportedOperationError
from .program import Operation, Program, Reference, TensorType, Value

Watch = Callable[[str, NDArray[Any]], None]
"""Is told each variable's name and value as it is computed."""


_NUMPY_TYPES = {"int32": "i4", "int8": "i1", "uint8": "u1", "bool": "?"}
"""Of inputs that are no floats."""


class Interpreter:
    """Runs a program.

    Args:
        program: What to compute.
        rounding: Whether results in half precision are rounded after each op; without it they
            stay in float32, and the stored weights are the only thing in half precision.
        half: Computes the ops whose results are in half precision.

    Raises:
        UnsupportedOperationError: It holds an op that is not known; the message names it.
    """

    def __init__(
        self, program: Program, *, rounding: bool = True, half: Arithmetic = SINGLE
    ) -> None:
        unknown = {
            item.kind
            for item in program.operations
            if not item.is_constant and item.kind not in KERNELS
        }
        if unknown:
            raise UnsupportedOperationError(", ".join(sorted(unknown)))
        self._program = program
        self._rounding = rounding
        self._half = half
        self._constants: dict[str, Value] = {
            item.outputs[0].name: _in_float32(constant_value(item))
            for item in program.operations
            if item.is_constant
        }
        self._steps = [item for item in program.operations if not item.is_constant]
        self._spent = last_uses([_uses(step) for step in self._steps], program.outputs)

    def run(
        self,
        inputs: Mapping[str, NDArray[Any]],
        *,
        wanted: tuple[str, ...] | None = None,
        watch: Watch = lambda name, value: None,
    ) -> dict[str, NDArray[Any]]:
        """Computes the program once.

        Args:
            inputs: Values of the program's inputs.
            wanted: Which variables to return; the program's outputs if not said.
            watch: Is told each intermediate result.

        Returns:
            Values by name; floats as float32.

        Raises:
            ValueError: An input is missing or of another shape, or an op gives another shape
                than the program says.
        """
        wanted = self._program.outputs if wanted is None else wanted
        values: dict[str, Value] = dict(self._constants)
        for variable in self._program.inputs:
            given = inputs.get(variable.name)
            if given is None or given.shape != variable.type.shape:
                raise ValueError(
                    f"input {variable.name} must be {list(variable.type.shape)}, not"
                    f" {'missing' if given is None else list(given.shape)}"
                )
            kind = np.dtype(_NUMPY_TYPES.get(variable.type.dtype, "f4"))
            values[variable.name] = self._rounded(given.astype(kind), variable.type)
        for step, spent in zip(self._steps, self._spent, strict=True):
            self._run_step(step, values, watch)
            for name in spent - set(wanted):
                values.pop(name, None)
        return {name: np.asarray(values[name]) for name in wanted}

    def compute(self, step: Operation, values: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
        """The outputs of one of the program's ops.

        Args:
            step: The op.
            values: Of all variables that it takes, but constants.

        Raises:
            ValueError: It gives another shape than the program says.
        """
        known: dict[str, Value] = {**self._constants, **values}
        results: dict[str, NDArray[Any]] = {}
        self._run_step(step, known, results.__setitem__)
        return results

    def _run_step(self, step: Operation, values: dict[str, Value], watch: Watch) -> None:
        arguments = {
            name: [values[item.name] if isinstance(item, Reference) else item for item in items]
            for name, items in step.inputs.items()
        }
        with np.errstate(all="ignore"):
            is_half = step.outputs[0].type.dtype == "fp16"
            call = Call(step, arguments, self._half if is_half else SINGLE)
            results = KERNELS[step.kind](call)
        if not isinstance(results, tuple):
            results = (results,)
        for output, result in zip(step.outputs, results, strict=True):
            if step.kind != "classify" and result.shape != output.type.shape:
                raise ValueError(
                    f"{step.kind} {step.name} gives {list(result.shape)}, the program says"
                    f" {list(output.type.shape)}"
                )
            values[output.name] = self._rounded(result, output.type)
            watch(output.name, np.asarray(values[output.name]))

    def _rounded(self, value: NDArray[Any], expected: TensorType) -> NDArray[Any]:
        if not (self._rounding and expected.dtype == "fp16" and value.dtype.kind == "f"):
            return value
        with np.errstate(over="ignore"):
            return value.astype(np.float16).astype(np.float32)


def _in_float32(value: Value) -> Value:
    """A constant as ops compute with it."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.astype(np.float32)
    return value


def _uses(step: Operation) -> set[str]:
    """The variables that a step takes and gives."""
    taken = {
        item.name for items in step.inputs.values() for item in items if isinstance(item, Reference)
    }
    return taken | {output.name for output in step.outputs}
