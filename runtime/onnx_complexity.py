"""Multiply-accumulates and parameters of an ONNX file."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from ..errors import ArtifactError, MissingDependencyError

_PRODUCTS = {"Conv", "ConvTranspose", "Gemm", "MatMul"}


def macs_and_params(path: Path) -> tuple[int, int]:
    """For one inference with the file's own batch: convolutions and products of matrices.

    Parameters are all numbers that the products take as weights, with their biases; what an
    exporter stored besides, such as shapes, does not count.

    Raises:
        ArtifactError: The file cannot be read, or leaves a shape open.
        MissingDependencyError: onnx is not installed.
    """
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
    shapes = weights | {item.name: _shape(item) for item in infos}
    nodes = [node for node in model.graph.node if node.op_type in _PRODUCTS]
    used = {name for node in nodes for name in node.input if name in weights}
    try:
        macs = sum(_macs(node, shapes) for node in nodes)
    except (KeyError, TypeError) as error:
        raise ArtifactError(f"{path}: leaves shapes open, so that no operations count") from error
    return macs, sum(math.prod(weights[name]) for name in used)


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
