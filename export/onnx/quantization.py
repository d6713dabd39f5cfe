"""Which ops of an ONNX graph are quantized, and how.

Static INT8 is written as QuantizeLinear and DequantizeLinear pairs (QDQ) around each
convolution, which runtimes fuse into integer kernels; everything between stays float. Linear
layers are quantized as their input comes. Activations are uint8: with int8 activations ONNX
Runtime's x86 kernels are slower than float32.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from torch import nn

from ...calibration.affine import AffineParameters, affine_parameters
from ...calibration.ranges import Ranges
from ..weights import ModulesByWeights
from .qdq import CHANNEL_AXIS, QdqGraph, per_channel


@dataclasses.dataclass(frozen=True)
class MatchedNode:
    """A node with weights, and the module that it was converted from."""

    node: onnx.NodeProto
    path: str


def match_nodes(graph: onnx.GraphProto, source: nn.Module) -> list[MatchedNode]:
    """Finds the module of each node with weights, by the weights themselves.

    Nodes with constants that are no module's weights, as in norms, are left out.

    Args:
        graph: A float32 graph.
        source: The rewritten eager model that it was converted from.

    Raises:
        ExportError: A module has no node.
    """
    constants = {item.name: item for item in graph.initializer}
    waiting = ModulesByWeights(source, lambda module: module.weight.detach().numpy())
    matched = []
    for node in graph.node:
        if node.op_type not in CHANNEL_AXIS or node.input[1] not in constants:
            continue
        path = waiting.take(numpy_helper.to_array(constants[node.input[1]]))
        if path is not None:
            matched.append(MatchedNode(node, path))
    waiting.check_none_left("node")
    return matched


def relus_alone(graph: onnx.GraphProto) -> dict[str, str]:
    """Names of the ReLUs that alone take a value, by the value's name."""
    users: dict[str, list[onnx.NodeProto]] = defaultdict(list)
    for node in graph.node:
        for name in node.input:
            users[name].append(node)
    outputs = {output.name for output in graph.output}
    return {
        name: nodes[0].name
        for name, nodes in users.items()
        if len(nodes) == 1 and nodes[0].op_type == "Relu" and name not in outputs
    }


class OnnxQuantizer:
    """Quantizes a float32 model in place.

    Args:
        model: The model.
        source: The rewritten eager model that it was converted from.
        ranges: Activation ranges; needed where an op is static ``int8``.
        by_image: Whether an input that is quantized as it comes has a scale for each image.
    """

    def __init__(
        self,
        model: onnx.ModelProto,
        source: nn.Module,
        ranges: Ranges | None,
        *,
        by_image: bool = False,
    ) -> None:
        self._graph = model.graph
        self._by_image = by_image
        self._source = source
        self._ranges = ranges
        self._qdq = QdqGraph(model.graph, bias_zeros=False)
        self._relus = relus_alone(model.graph)
        self._after: dict[str, AffineParameters] = {}

    def quantize(self, precisions: Mapping[str, str]) -> None:
        """Quantizes the ops.

        Args:
            precisions: ``fp32``, ``int8``, ``int8-dynamic`` or ``int8-weights`` by module path.

        Raises:
            ExportError: A module has no node.
        """
        paths = {item.node.name: item.path for item in match_nodes(self._graph, self._source)}
        for node in self._graph.node:
            path = paths.get(node.name)
            if path is not None and precisions[path] == "int8":
                self._append_static(node, path)
            elif path is not None and precisions[path] == "int8-dynamic":
                self._append_dynamic(node)
            elif path is not None and precisions[path] == "int8-weights":
                self._qdq.unpack_weights(node)
                self._qdq.append(node)
            elif node.name in self._after:
                self._qdq.append_rounded(node, self._after[node.name])
            else:
                self._qdq.append(node)
        self._qdq.finish()

    def _append_static(self, node: onnx.NodeProto, path: str) -> None:
        """QDQ around a node: its input, weights and output; with a ReLU that follows, that's."""
        assert self._ranges is not None
        found = self._ranges.modules[path]
        image = affine_parameters(*found.input)
        node.input[0] = self._qdq.dequantized(node.input[0], image)
        self._qdq.quantize_weights(node, image.scale)
        output, relu = affine_parameters(*found.output), self._relus.get(node.output[0])
        if relu is None:
            self._qdq.append_rounded(node, output)
        else:
            self._qdq.append(node)
            self._after[relu] = output

    def _append_dynamic(self, node: onnx.NodeProto) -> None:
        """A linear layer with int8 weights and an input that is quantized as it comes."""
        scales, steps = per_channel(self._qdq.array(node.input[1]), 0)
        prefix = node.output[0]
        weights = self._qdq.constant(f"{node.input[1]}_steps", np.ascontiguousarray(steps.T))
        scale = self._qdq.constant(f"{node.input[1]}_scale", scales)
        zero = self._qdq.constant(f"{node.input[1]}_zero", np.zeros(len(scales), np.int8))
        has_bias = len(node.input) > 2 and bool(node.input[2])
        cast, factor, scaled = (f"{prefix}_{part}" for part in ("cast", "factor", "scaled"))
        if self._by_image:
            sums = steps.sum(1, dtype=np.int32)
            product, input_scale = self._product_by_image(node, weights, zero, sums)
        else:
            product, input_scale = self._product(node, weights, zero)
        self._qdq.append(
            helper.make_node(
                "Cast", [product], [cast], f"{prefix}_cast", to=onnx.TensorProto.FLOAT
            ),
            helper.make_node("Mul", [input_scale, scale], [factor], f"{prefix}_scales"),
            helper.make_node(
                "Mul", [cast, factor], [scaled if has_bias else prefix], f"{prefix}_scale"
            ),
        )
        if has_bias:
            self._qdq.append(
                helper.make_node("Add", [scaled, node.input[2]], [prefix], f"{prefix}_add")
            )

    def _product(self, node: onnx.NodeProto, weights: str, zero: str) -> tuple[str, str]:
        """The product in integers, and the input's scale: one for all, which is one op."""
        prefix = node.output[0]
        quantized, scale, input_zero, product = (
            f"{prefix}_{part}" for part in ("input", "input_scale", "input_zero", "product")
        )
        self._qdq.append(
            helper.make_node(
                "DynamicQuantizeLinear",
                [node.input[0]],
                [quantized, scale, input_zero],
                f"{prefix}_quantize",
            ),
            helper.make_node(
                "MatMulInteger",
                [quantized, weights, input_zero, zero],
                [product],
                f"{prefix}_multiply",
            ),
        )
        return product, scale

    def _product_by_image(
        self, node: onnx.NodeProto, weights: str, zero: str, sums: NDArray[np.int32]
    ) -> tuple[str, str]:
        """The same with a scale [N, 1] for each image, so that none depends on the others.

        The runtime's integer product takes one zero point alone. So it takes none, and each
        image's times the sums of the weights is subtracted.
        """
        prefix, image = node.output[0], node.input[0]

        def append(kind: str, inputs: list[str], name: str, **attributes: Any) -> str:
            output = f"{prefix}_{name}"
            self._qdq.append(helper.make_node(kind, inputs, [output], output, **attributes))
            return output

        def number(name: str, value: float) -> str:
            return self._qdq.constant(f"image_{name}", np.float32(value))

        axis = self._qdq.constant("image_axis", np.array([1], np.int64))
        none, levels = number("none", 0), number("levels", 255)
        low = append("Min", [append("ReduceMin", [image, axis], "least"), none], "low")
        high = append("Max", [append("ReduceMax", [image, axis], "largest"), none], "high")
        span = append("Sub", [high, low], "span")
        span = append(
            "Max", [span, number("smallest", float(np.finfo(np.float32).tiny) * 256)], "extent"
        )
        scale = append("Div", [span, levels], "input_scale")
        start = append("Round", [append("Div", [low, scale], "start")], "start_steps")
        steps = append("Round", [append("Div", [image, scale], "ratio")], "ratio_steps")
        steps = append("Clip", [append("Sub", [steps, start], "moved"), none, levels], "steps")
        quantized = append("Cast", [steps], "input", to=onnx.TensorProto.UINT8)
        unsigned = self._qdq.constant("image_unsigned", np.uint8(0))
        product = append("MatMulInteger", [quantized, weights, unsigned, zero], "multiplied")
        start = append("Cast", [start], "integer_start", to=onnx.TensorProto.INT32)
        offset = append("Mul", [start, self._qdq.constant(f"{node.input[1]}_sums", sums)], "offset")
        return append("Add", [product, offset], "product"), scale
