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


@pytest.mark.parametrize("bias_zeros", [True, False])
def test_zero_points_of_biases_may_be_left_to_the_default(bias_zeros: bool) -> None:
    model = two_convs_of_one_constant()
    qdq = QdqGraph(model.graph, bias_zeros=bias_zeros)
    for node in list(model.graph.node):
        qdq.quantize_weights(node, 0.1)
        qdq.append(node)
    qdq.finish()
    onnx.checker.check_model(model, full_check=True)
    kinds = {item.name: item.data_type for item in model.graph.initializer}
    stated = [kinds[name] for name in kinds if name.endswith("_zero")]
    int8, int32 = onnx.TensorProto.INT8, onnx.TensorProto.INT32
    assert stated == ([int8, int32] if bias_zeros else [int8])


def test_unpacked_weights_are_stored_once_in_int8() -> None:
    model = two_convs_of_one_constant()
    exact = numpy_helper.to_array(model.graph.initializer[0])
    qdq = QdqGraph(model.graph)
    for node in list(model.graph.node):
        qdq.unpack_weights(node)
        qdq.append(node)
    qdq.finish()
    onnx.checker.check_model(model, full_check=True)
    assert [node.op_type for node in model.graph.node] == ["Cast", "Mul", "Conv", "Conv"]
    stored = {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}
    assert stored["w_steps"].dtype == np.int8
    assert "w" not in stored
    found = stored["w_steps"] * stored["w_scale"]
    assert np.abs(found - exact).max() <= stored["w_scale"].max() / 2 + 1e-7
