"""What the TFLite quantizer gets wrong, repaired.

All of it leans on the quantizer's private parts, in ai-edge-quantizer 0.10.0.

A constant that several ops take, each in its own precision, is copied under a name that is text,
where all other names are bytes; casting the copy back fails on that. A head that runs on every
level of a pyramid has such constants as soon as two levels differ.

Weights of more than 32 MiB are quantized as a matrix, with which scales for each output channel of
a convolution do not fit.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.metadata
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import MissingDependencyError

VERSION = "0.10.0"
"""The version of ai-edge-quantizer that this module was written for."""

LARGEST_PART = 32 << 20
"""Bytes of weights that it quantizes at once."""


@contextlib.contextmanager
def repaired() -> Iterator[None]:
    """Names copies as other tensors are named, and takes large weights, for the block's duration.

    Raises:
        MissingDependencyError: The quantizer is of another version.
    """
    version = importlib.metadata.version("ai-edge-quantizer")
    if version != VERSION:
        raise MissingDependencyError(
            f"quantizing for TFLite needs ai-edge-quantizer {VERSION}, and {version} is installed;"
            " install the extra tflite"
        )
    from ai_edge_quantizer.algorithms.uniform_quantize import uniform_quantize_tensor
    from ai_edge_quantizer.transformations import duplicate_tensor

    copies, rounds = duplicate_tensor.duplicate_tensor, uniform_quantize_tensor.uniform_quantize

    def named_copy(given: Any) -> Any:
        made = copies(given)
        tensor = given.subgraph.tensors[made.output_tensor_id]
        if isinstance(tensor.name, str):
            tensor.name = tensor.name.encode()
        return made

    def rounded_in_parts(
        values: NDArray[Any], parameters: Any, is_blockwise_quant: bool = False
    ) -> NDArray[Any]:
        if is_blockwise_quant or values.ndim <= 2 or values.nbytes <= LARGEST_PART:
            rounded: NDArray[Any] = rounds(values, parameters, is_blockwise_quant)
            return rounded
        parameters = uniform_quantize_tensor.fix_quantization_params_rank(values, parameters)
        count = max(1, len(values) * LARGEST_PART // values.nbytes)
        parts = [slice(start, start + count) for start in range(0, len(values), count)]
        return np.concatenate([rounds(values[part], _of(parameters, part)) for part in parts])

    duplicate_tensor.duplicate_tensor = named_copy
    uniform_quantize_tensor.uniform_quantize = rounded_in_parts
    try:
        yield
    finally:
        duplicate_tensor.duplicate_tensor = copies
        uniform_quantize_tensor.uniform_quantize = rounds


def _of(parameters: Any, part: slice) -> Any:
    """The parameters of a part of the channels, where each has its own."""
    if len(parameters.scale) == 1:
        return parameters
    return dataclasses.replace(
        parameters, scale=parameters.scale[part], zero_point=parameters.zero_point[part]
    )
