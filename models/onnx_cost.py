"""Multiply-accumulates and parameters of an ONNX file."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from ..errors import ArtifactError, MissingDependencyError

_PRODUCTS = {"Conv", "ConvTranspose", "Gemm", "MatMul"}


_BITS = {3: 8, 2: 8, 4: 16}
"""By ONNX's numbers of int8, uint8 and uint16."""

_FLOAT_BITS = 16


def int8_products(path: Path) -> float:
    """Multiply-accumulates of an inference, each counted by the bits of its activation over 8.

    What multipliers of 8 bits would need for it: two for an activation of 16 bits. Floats count as
    16. It orders files by their work on an NPU; it is no time.

    Raises:
        ArtifactError: The file cannot be read, or leaves a shape open.
        MissingDependencyError: onnx is not installed.
    """
    model, shapes = _with_shapes(path)
    kinds = {item.name: item.data_type for item in model.graph.initializer}
    bits = {
        node.output[0]: _BITS.get(kinds.get(node.input[2], 0), _FLOAT_BITS)
        for node in model.graph.node
        if node.op_type == "DequantizeLinear"
    }
    return sum(
        macs * bits.get(node.input[0], _FLOAT_BITS) / 8
        for node, macs in _products(path, model, shapes)
    )


def macs_and_params(path: Path) -> tuple[int, int]:
    """For one inference with the file's own batch: convolutions and products of matrices.

    Parameters are all numbers that the products take as weights, with their biases; what an
    exporter stored besides, such as shapes, does not count.

    Raises:
        ArtifactError: The file cannot be read, or leaves a shape open.
        MissingDependencyError: onnx is not installed.
    """
    model, shapes = _with_shapes(path)
    found = _products(path, model, shapes)
    weights = {item.name: tuple(item.dims) for item in model.graph.initializer}
    used = {name for node, _ in found for name in node.input if name in weights}
    return sum(macs for _, macs in found), sum(math.prod(weights[name]) for name in used)


def _with_shapes(path: Path) -> tuple[Any, dict[str, Any]]:
    """A file's model, and the shapes of its values."""
    try:
        import onnx
    except ImportError as error:
        raise MissingDependencyError(
            "counting an .onnx file's operations needs onnx; install the extra onnx-runtime"
        ) from error
    try:
        model = onnx.shape_inference.infer_shapes(onnx.load(path), data_prop=True)
    except Exception as error:
        raise ArtifactError(f"{path}: not an ONNX model") from error
    weights = {item.name: tuple(item.dims) for item in model.graph.initializer}
    infos = (*model.graph.value_info, *model.graph.input, *model.graph.output)
    return model, weights | {item.name: _shape(item) for item in infos}


def _products(path: Path, model: Any, shapes: dict[str, Any]) -> list[tuple[Any, int]]:
    """The convolutions and products of matrices, each with its multiply-accumulates."""
    nodes = [node for node in model.graph.node if node.op_type in _PRODUCTS]
    try:
        return [(node, _macs(node, shapes)) for node in nodes]
    except (KeyError, TypeError) as error:
        raise ArtifactError(f"{path}: leaves shapes open, so that no operations count") from error


def _shape(item: Any) -> tuple[int | None, ...]:
    dimensions = item.type.tensor_type.shape.dim
    return tuple(d.dim_value if d.HasField("dim_value") else None for d in dimensions)


def _macs(node: Any, shapes: dict[str, Any]) -> int:
    """One multiply-accumulate per output and weight that takes part in it."""
    first, second = (shapes[name] for name in node.input[:2])
    if node.op_type == "ConvTranspose":
        return math.prod(first) * math.prod(second[1:])
    output = math.prod(shapes[node.output[0]])
    if node.op_type == "Conv":
        return output * math.prod(second[1:])
    transposed = any(item.name == "transA" and item.i for item in node.attribute)
    return output * int(first[-2] if transposed else first[-1])
