"""Which ops of an ONNX graph the NPU computes in integers, and of how many bits.

Every op is one of three: float16; ``int8``, with activations of 8 bits; ``w8a16``, with
activations of 16. Weights have 8 bits and a scale for each output channel in both. Pairs of
QuantizeLinear and DequantizeLinear (QDQ) say so: Qualcomm's compiler makes one integer op of an op
between such pairs, and one conversion of two pairs that meet.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx

from ...calibration.affine import AffineParameters, affine_parameters
from ..onnx.qdq import CHANNEL_AXIS, QdqGraph, bits_of

ACTIVATION_BITS = {"int8": 8, "w8a16": 16}
"""By precision; what is not here stays in float."""

_KEEPING = ("Reshape", "Slice", "Transpose")
"""Ops that give what they take, and so must give it with the same scale."""

TensorRanges = Mapping[str, tuple[float, float]]
"""The least and the greatest value of activations, by their names in the graph."""


class QnnQuantizer:
    """Quantizes a float32 model in place.

    Args:
        model: The model.
        ranges: Of every activation that an op in integers takes or gives.
    """

    def __init__(self, model: onnx.ModelProto, ranges: TensorRanges) -> None:
        self._graph = model.graph
        self._ranges = ranges
        self._qdq = QdqGraph(model.graph)
        self._kept: dict[str, AffineParameters] = {}

    def quantize(self, precisions: Mapping[str, str]) -> None:
        """Quantizes the ops.

        Args:
            precisions: One of :data:`ACTIVATION_BITS` by the node's name; others stay in float.
        """
        for node in self._graph.node:
            bits = ACTIVATION_BITS.get(precisions.get(node.name, ""))
            if bits is None:
                self._qdq.append(node)
            else:
                self._append_quantized(node, bits)
        self._qdq.finish()

    def _append_quantized(self, node: onnx.NodeProto, bits: int) -> None:
        """QDQ around a node."""
        if node.op_type == "LayerNormalization":
            taken = self._quantize_norm(node, bits)
        else:
            taken = [self._parameters(name, bits) for name in node.input]
        has_weights = node.op_type in CHANNEL_AXIS and self._qdq.is_constant(node.input[1])
        if has_weights:
            assert taken[0] is not None
            self._qdq.quantize_weights(node, taken[0].scale)
        for place, parameters in enumerate(taken):
            if parameters is not None and not (has_weights and place > 0):
                node.input[place] = self._qdq.dequantized(node.input[place], parameters)
        given = node.output[0]
        parameters = taken[0] if node.op_type in _KEEPING else self._parameters(given, bits)
        assert parameters is not None
        self._kept[given] = parameters
        self._qdq.append_rounded(node, parameters)

    def _quantize_norm(self, node: onnx.NodeProto, bits: int) -> list[AffineParameters | None]:
        """Scale and shift of a LayerNorm as the NPU takes them: in 8 bits, and in int32."""
        image = self._parameters(node.input[0], bits)
        scale = self._parameters(node.input[1], 8)
        assert image is not None
        assert scale is not None
        node.input[1] = self._qdq.dequantized(node.input[1], scale)
        if len(node.input) > 2 and node.input[2]:
            step = np.float32(image.scale * scale.scale)
            node.input[2] = self._qdq.dequantized_bias(node.input[2], step)
        return [image]

    def _parameters(self, name: str, bits: int) -> AffineParameters | None:
        """How a float value is rounded; None for an input left out, or of integers."""
        if not name:
            return None
        kept = self._kept.get(name)
        if kept is not None and bits_of(kept) == bits:
            return kept
        if not self._qdq.is_constant(name):
            return affine_parameters(*self._ranges[name], bits=bits)
        values = self._qdq.array(name)
        if values.dtype.kind != "f":
            return None
        return affine_parameters(float(values.min()), float(values.max()), bits=bits)
