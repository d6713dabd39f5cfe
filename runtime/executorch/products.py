"""What the ops of an ExecuTorch program multiply."""

from __future__ import annotations

import math
from pathlib import Path

from ...errors import ArtifactError
from ..products import Family, Product, convolution_shape, matrix_shape
from .flatbuffer import DamagedBufferError
from .program import read_delegate
from .xnnpack_graph import XNNGraph, XNNNode, read_graph


def products(path: Path) -> list[Product]:
    """The ops of a program that multiply, in the order in which they run.

    Returns:
        None of them where the program is not one XNNPACK delegate.
    """
    try:
        graph = read_graph(read_delegate(path))
    except (ArtifactError, DamagedBufferError, ValueError, IndexError):
        return []
    found = (_product(graph, node) for node in graph.nodes)
    return [product for product in found if product]


def _product(graph: XNNGraph, node: XNNNode) -> Product | None:
    image, *constants = (graph.values[number].shape for number in node.inputs if number >= 0)
    output = graph.values[node.output].shape
    if node.kind in ("Conv2d", "DepthwiseConv2d", "ConvTranspose2d"):
        return _convolution(node, image, constants[0], output)
    if node.kind == "FullyConnected":
        given, taken = constants[0]
        rows = math.prod(output) // given
        return Product("convolution", matrix_shape(rows, taken, given), rows * taken * given)
    if node.kind == "BatchMatrixMultiply":
        rows, columns = output[-2:]
        depth = image[-1]
        return Product("batched", matrix_shape(rows, depth, columns), math.prod(output) * depth)
    return None


def _convolution(
    node: XNNNode, image: tuple[int, ...], weights: tuple[int, ...], output: tuple[int, ...]
) -> Product:
    height, width = weights[1:3]
    is_transposed = node.kind == "ConvTranspose2d"
    is_depthwise = node.kind == "DepthwiseConv2d"
    family: Family = "transposed" if is_transposed else "convolution"
    channels = image[-1], output[-1]
    shape = convolution_shape((height, width), node.options["strides"], channels, output[1:3])
    positions = math.prod(image if is_transposed else output)
    each = 1 if is_depthwise else math.prod(weights) // weights[-1 if is_transposed else 0]
    if is_depthwise:
        each, shape = height * width, f"depthwise {shape}"
    return Product(family, shape, positions * each)
