"""Values of a program that are known before it runs: constants, stored plainly or compressed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .kernels import UnsupportedOperationError
from .program import Operation, Reference, Value, unpack_bits


def constant_value(operation: Operation) -> Value:
    """The value of a ``const`` or ``constexpr`` op.

    Raises:
        UnsupportedOperationError: The compression is not known.
    """
    if operation.kind == "const":
        return operation.attributes["val"]
    decompress = {
        "constexpr_affine_dequantize": _affine,
        "constexpr_blockwise_shift_scale": _blockwise,
        "constexpr_lut_to_dense": _palettized,
    }
    if operation.kind not in decompress:
        raise UnsupportedOperationError(operation.kind)
    values = decompress[operation.kind](_Parameters(operation))
    if operation.outputs[0].type.dtype == "fp16":
        return values.astype(np.float16)
    return values


class _Parameters:
    """An op's values, which are attributes up to iOS 17 and inputs from iOS 18 on."""

    def __init__(self, operation: Operation) -> None:
        self._values = dict(operation.attributes)
        for name, values in operation.inputs.items():
            if len(values) == 1 and not isinstance(values[0], Reference):
                self._values[name] = values[0]
        self.shape = operation.outputs[0].type.shape

    def has(self, name: str) -> bool:
        return name in self._values

    def array(self, name: str) -> NDArray[Any]:
        if name not in self._values:
            raise UnsupportedOperationError(f"a compressed weight without {name}")
        return np.asarray(self._values[name])

    def floats(self, name: str) -> NDArray[np.float32]:
        return self.array(name).astype(np.float32)


def _affine(parameters: _Parameters) -> NDArray[np.float32]:
    """Scale * (q - zero_point), each per tensor or along one axis."""
    steps = parameters.floats("quantized_data")
    axis = int(parameters.array("axis"))
    spread = [-1 if number == axis % steps.ndim else 1 for number in range(steps.ndim)]
    scale, zero_point = (
        values.reshape(spread) if values.ndim else values
        for values in (parameters.floats("scale"), parameters.floats("zero_point"))
    )
    return np.asarray(scale * (steps - zero_point))


def _blockwise(parameters: _Parameters) -> NDArray[np.float32]:
    """Scale * (q - offset), each for equal blocks of the weights."""
    steps = parameters.floats("data")
    if parameters.has("offset"):
        steps = steps - _repeated(parameters.floats("offset"), steps.shape)
    return np.asarray(steps * _repeated(parameters.floats("scale"), steps.shape))


def _palettized(parameters: _Parameters) -> NDArray[np.float32]:
    """The table's entry for each index; from iOS 18 on there is a table for each block."""
    table, indices = parameters.floats("lut"), parameters.array("indices")
    if parameters.has("shape"):
        shape = tuple(int(size) for size in parameters.array("shape"))
        bits = (len(table) - 1).bit_length()
        flat = unpack_bits(memoryview(indices.tobytes()), bits, int(np.prod(shape)))
        return table[flat.reshape(shape)]
    if table.ndim != indices.ndim + 2 or table.shape[-1] != 1:
        raise UnsupportedOperationError("a table of vectors")
    blocks, entries = table.shape[: indices.ndim], table.shape[-2]
    which = np.arange(int(np.prod(blocks))).reshape(blocks)
    return table.reshape(-1, entries)[_repeated(which, indices.shape), indices]


def _repeated(values: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Values for equal blocks, repeated to one for each element of ``shape``."""
    for axis, (count, size) in enumerate(zip(values.shape, shape, strict=True)):
        if size % count:
            raise UnsupportedOperationError(f"{count} blocks along an axis of {size}")
        if 1 < count < size:
            values = values.repeat(size // count, axis)
    return np.broadcast_to(values, shape)
