"""Constants that ops share, in integers."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from lowformer_edge.export.onnx.qdq import QdqGraph


def two_convs_of_one_constant() -> onnx.ModelProto:
    """A convolution, then the same with the same weights and bias, as a head on two levels."""
    weights = np.random.default_rng(0).normal(size=(2, 2, 1, 1)).astype(np.float32)
    constants = {"w": weights, "b": np.array([0.5, -1], np.float32)}
    shape = [1, 2, 3, 3]
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["x", "w", "b"], ["y"], "first"),
            helper.make_node("Conv", ["y", "w", "b"], ["z"], "second"),
        ],
        "shared",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("z", onnx.TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])


@pytest.mark.parametrize(("second_scale", "biases"), [(0.1, 1), (0.2, 2)])
def test_shared_constants_are_stored_once_for_each_way_to_round_them(
    second_scale: float, biases: int
) -> None:
    model = two_convs_of_one_constant()
    qdq = QdqGraph(model.graph)
    for node, scale in zip(list(model.graph.node), (0.1, second_scale), strict=True):
        qdq.quantize_weights(node, scale)
        qdq.append(node)
    qdq.finish()
    onnx.checker.check_model(model, full_check=True)
    steps = [one.dims for one in model.graph.initializer if one.name.endswith("_steps")]
    assert sorted(map(len, steps)) == [*[1] * biases, 4]
    readers = [node for node in model.graph.node if node.op_type == "DequantizeLinear"]
    assert len(readers) == 4  # each convolution has its own, as runtimes fuse them
