"""Values of tensors in a file's own types: their shapes, what they stand for, and noise."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..artifact.manifest import Tensor
from ..errors import ArtifactError
from ..process.limits import LARGEST_TENSOR

DTYPES = (
    "float32",
    "float16",
    "float64",
    "int8",
    "uint8",
    "int16",
    "int32",
    "int64",
    "bool",
)
"""Types of tensors that files are run with, by numpy's names."""

INDICES = ("int32", "int64")
"""Types in which files take indices, such as tokens of a text."""


def check_dtypes(path: Path, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> None:
    """Checks that a file's tensors are of types that numpy has.

    Raises:
        ArtifactError: One is not, or there is none.
    """
    for role, tensors in (("input", inputs), ("output", outputs)):
        if not tensors:
            raise ArtifactError(f"{path}: has no {role}; there is nothing to run")
        for tensor in tensors:
            if tensor.dtype not in DTYPES:
                raise ArtifactError(
                    f"{path}: its {role} {tensor.name} is {tensor.dtype}; only files of"
                    f" {', '.join(DTYPES)} are run"
                )


def check_sizes(path: Path, tensors: Iterable[Tensor]) -> None:
    """Checks that a file's tensors can be taken into memory, before they are.

    Raises:
        ArtifactError: One is larger than what is run.
    """
    for tensor in tensors:
        if math.prod(fixed_shape(tensor)) * np.dtype(tensor.dtype).itemsize > LARGEST_TENSOR:
            raise ArtifactError(
                f"{path}: its tensor {shown_tensor(tensor)} is larger than"
                f" {LARGEST_TENSOR >> 30} GiB; it is damaged, or made for another machine"
            )


def fixed_shape(tensor: Tensor) -> tuple[int, ...]:
    """A tensor's shape with 1 for each dimension that is left open."""
    return tuple(1 if size is None else size for size in tensor.shape)


def shown_shape(shape: Sequence[int | None]) -> str:
    """A shape as people read it, with ``?`` for a dimension that is left open."""
    return f"[{', '.join('?' if size is None else str(size) for size in shape)}]"


def shown_tensor(tensor: Tensor) -> str:
    """A tensor's name, type and shape."""
    return f"{tensor.name} {tensor.dtype} {shown_shape(tensor.shape)}"


def fits(tensor: Tensor, shape: Sequence[int]) -> bool:
    """Whether values of a shape fit a tensor, whose open dimensions take any size."""
    return len(shape) == len(tensor.shape) and all(
        size in (None, given) for size, given in zip(tensor.shape, shape, strict=True)
    )


def stored_values(values: NDArray[Any], tensor: Tensor) -> NDArray[Any]:
    """Real values in a tensor's own type.

    Args:
        values: Of the tensor's shape.
        tensor: Where it is quantized, its integers are round(values / scale) + zero point, and
            values beyond their range become its ends.
    """
    kind = np.dtype(tensor.dtype)
    if tensor.quantization is None:
        return values.astype(kind, copy=False)
    limits = np.iinfo(kind)
    steps = np.round(values / np.float32(tensor.quantization.scale))
    steps = steps + tensor.quantization.zero_point
    return np.asarray(np.clip(steps, limits.min, limits.max).astype(kind))


def real_values(values: NDArray[Any], tensor: Tensor) -> NDArray[Any]:
    """What stored values stand for: float32 where they are quantized, else the same values."""
    if tensor.quantization is None:
        return values
    scale, zero = tensor.quantization.scale, tensor.quantization.zero_point
    return np.asarray((values.astype(np.float32) - np.float32(zero)) * np.float32(scale))


def noise(tensors: Sequence[Tensor]) -> list[NDArray[Any]]:
    """Ordinary values for inputs, the same each time, in their own types.

    Floats are of the standard normal distribution, and integers spread over all that their type
    holds. Only int32 and int64 are 0 or 1: they may be indices, of which any model has two, and
    one beyond its table would be an error.

    Args:
        tensors: The inputs; a dimension that is left open counts as 1.
    """
    random = np.random.default_rng(0)
    values: list[NDArray[Any]] = []
    for tensor in tensors:
        kind, shape = np.dtype(tensor.dtype), fixed_shape(tensor)
        if kind.kind == "f":
            values.append(random.standard_normal(shape).astype(kind))
        elif kind.kind == "b" or tensor.dtype in INDICES:
            values.append(random.integers(0, 2, shape).astype(kind))
        else:
            limits = np.iinfo(kind)
            values.append(random.integers(limits.min, limits.max, shape, kind, endpoint=True))
    return values
