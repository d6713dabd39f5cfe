"""What the ops of a TFLite file multiply."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from ..products import Product, convolution_shape, matrix_shape
from .graph import Op, TFLiteGraph


def products(path: Path) -> list[Product]:
    """The ops of a file that multiply, in the order in which they run.

    Raises:
        MissingDependencyError: ai-edge-litert or flatbuffers is not installed.
    """
    graph = TFLiteGraph(path.read_bytes())
    return [_PRODUCTS[op.name](graph, op) for op in graph.ops() if op.name in _PRODUCTS]


def _described(graph: TFLiteGraph, op: Op, taken: int, given: int) -> str:
    """A convolution in words, by its channels."""
    kernel, output = graph.shape(op.inputs[1])[1:3], graph.shape(op.outputs[0])[1:3]
    options = graph.options(op)
    strides = options.strideH, options.strideW
    return convolution_shape(kernel, strides, (taken, given), output)


def _convolution(graph: TFLiteGraph, op: Op) -> Product:
    given, height, width, each = graph.shape(op.inputs[1])
    output, taken = graph.shape(op.outputs[0]), graph.shape(op.inputs[0])[-1]
    shape = _described(graph, op, taken, given)
    return Product("convolution", shape, math.prod(output) * height * width * each)


def _depthwise(graph: TFLiteGraph, op: Op) -> Product:
    _, height, width, given = graph.shape(op.inputs[1])
    output, taken = graph.shape(op.outputs[0]), graph.shape(op.inputs[0])[-1]
    shape = _described(graph, op, taken, given)
    return Product("convolution", f"depthwise {shape}", math.prod(output) * height * width)


def _transposed(graph: TFLiteGraph, op: Op) -> Product:
    given, height, width, taken = graph.shape(op.inputs[1])
    shape = _described(graph, op, taken, given)
    image = graph.shape(op.inputs[2])
    return Product("transposed", shape, math.prod(image) * height * width * given)


def _fully_connected(graph: TFLiteGraph, op: Op) -> Product:
    given, taken = graph.shape(op.inputs[1])
    rows = math.prod(graph.shape(op.outputs[0])) // given
    return Product("convolution", matrix_shape(rows, taken, given), rows * taken * given)


def _batched(graph: TFLiteGraph, op: Op) -> Product:
    first, output = graph.shape(op.inputs[0]), graph.shape(op.outputs[0])
    rows, columns = output[-2:]
    depth = first[-2] if graph.options(op).adjX else first[-1]
    return Product("batched", matrix_shape(rows, depth, columns), math.prod(output) * depth)


_PRODUCTS: dict[str, Callable[[TFLiteGraph, Op], Product]] = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "TRANSPOSE_CONV": _transposed,
    "FULLY_CONNECTED": _fully_connected,
    "BATCH_MATMUL": _batched,
}
