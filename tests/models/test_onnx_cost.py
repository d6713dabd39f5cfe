from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from lowformer_edge.errors import ArtifactError
from lowformer_edge.models.onnx_cost import macs_and_params


def write(path: Path, nodes: list[onnx.NodeProto], weights: dict[str, tuple[int, ...]]) -> Path:
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, (1, 3, 8, 8))
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, None)
    tensors = [
        numpy_helper.from_array(np.zeros(shape, np.float32), name)
        for name, shape in weights.items()
    ]
    graph = helper.make_graph(nodes, "graph", [image], [out], tensors)
    opsets = [helper.make_opsetid("", 20)]
    onnx.save(helper.make_model(graph, opset_imports=opsets), path)
    return path


@pytest.mark.parametrize(
    ("nodes", "weights", "macs", "params"),
    [
        (
            [helper.make_node("Conv", ["image", "w", "b"], ["out"], strides=[2, 2])],
            {"w": (5, 3, 2, 2), "b": (5,), "unused": (9,)},
            5 * 4 * 4 * 3 * 4,
            5 * 3 * 4 + 5,
        ),
        (
            [helper.make_node("Conv", ["image", "w"], ["out"], group=3)],
            {"w": (6, 1, 1, 1)},
            6 * 64,
            6,
        ),
        (
            [helper.make_node("ConvTranspose", ["image", "w"], ["out"], strides=[2, 2])],
            {"w": (3, 2, 2, 2)},
            3 * 64 * 2 * 4,
            24,
        ),
        (
            [
                helper.make_node("Flatten", ["image"], ["flat"]),
                helper.make_node("Gemm", ["flat", "w", "b"], ["out"], transB=1),
            ],
            {"w": (7, 192), "b": (7,)},
            7 * 192,
            7 * 193,
        ),
        ([helper.make_node("MatMul", ["image", "image"], ["out"])], {}, 3 * 8 * 8 * 8, 0),
        ([helper.make_node("Relu", ["image"], ["out"])], {}, 0, 0),
    ],
    ids=["conv", "depthwise", "transposed", "linear", "matmul", "the rest is free"],
)
def test_counts_by_hand(
    nodes: list[onnx.NodeProto],
    weights: dict[str, tuple[int, ...]],
    macs: int,
    params: int,
    tmp_path: Path,
) -> None:
    assert macs_and_params(write(tmp_path / "m.onnx", nodes, weights)) == (macs, params)


def test_what_cannot_be_counted_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.onnx"
    text.write_text("hello")
    with pytest.raises(ArtifactError, match="not an ONNX model"):
        macs_and_params(text)
    path = write(
        tmp_path / "open.onnx", [helper.make_node("MatMul", ["image", "image"], ["out"])], {}
    )
    model = onnx.load(path)
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "batch"
    onnx.save(model, path)
    with pytest.raises(ArtifactError, match="leaves shapes open"):
        macs_and_params(path)
