from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from lowformer_edge.runtime.onnx.residency import residency
from lowformer_edge.runtime.onnx.stored_graph import oldest_runtime, read_stored_graph


def saved(path: Path, nodes: list[onnx.NodeProto], opset: int = 20, ir_version: int = 10) -> Path:
    """A graph from ``x`` to ``y``, both float32 [1, 3, 8, 8]."""
    shape = (1, 3, 8, 8)
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in "xy")
    weights = numpy_helper.from_array(np.ones((3, 3, 1, 1), np.float32), "w")
    graph = helper.make_graph(nodes, "graph", [x], [y], [weights])
    opsets = [helper.make_opsetid("", opset)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=ir_version), str(path))
    return path


def test_the_files_own_ops_are_told_though_the_runtime_fuses_them(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], "conv"),
        helper.make_node("Relu", ["c"], ["y"], "relu"),
    ]
    path = saved(tmp_path / "fused.onnx", nodes)
    assert "Relu" not in residency(path).op_counts
    stored = read_stored_graph(path)
    assert stored.op_counts == {"Conv": 1, "Relu": 1}
    assert (stored.ir_version, stored.opsets) == (10, {"ai.onnx": 20})
    assert stored.oldest_runtime == "1.18"


def test_ops_within_ops_count(tmp_path: Path) -> None:
    value = helper.make_tensor_value_info("z", TensorProto.FLOAT, (1, 3, 8, 8))
    branches = {
        name: helper.make_graph([helper.make_node(op, ["x"], ["z"])], name, [], [value])
        for name, op in (("then_branch", "Relu"), ("else_branch", "Neg"))
    }
    nodes = [
        helper.make_node("ReduceMax", ["x"], ["top"], keepdims=0),
        helper.make_node("Cast", ["top"], ["chosen"], to=TensorProto.BOOL),
        helper.make_node("If", ["chosen"], ["y"], **branches),
    ]
    stored = read_stored_graph(saved(tmp_path / "if.onnx", nodes))
    assert stored.op_counts == dict.fromkeys(("ReduceMax", "Cast", "If", "Neg", "Relu"), 1)


@pytest.mark.parametrize(
    ("ir_version", "opsets", "release"),
    [
        (8, {"ai.onnx": 17}, "1.12"),
        (9, {"ai.onnx": 17}, "1.16"),
        (9, {"ai.onnx": 20}, "1.17"),
        (8, {"ai.onnx": 13, "ai.onnx.ml": 4}, "1.17"),
        (3, {"com.microsoft": 1}, "0.1"),
        (11, {"ai.onnx": 20}, None),
        (10, {"ai.onnx": 22}, None),
    ],
)
def test_the_oldest_runtime_is_the_first_that_takes_every_version(
    ir_version: int, opsets: dict[str, int], release: str | None
) -> None:
    assert oldest_runtime(ir_version, opsets) == release


def test_each_release_takes_all_that_those_before_it_take() -> None:
    table = [(ir, opset) for opset in range(7, 22) for ir in range(3, 11)]
    releases = {
        pair: tuple(map(int, str(oldest_runtime(pair[0], {"ai.onnx": pair[1]})).split(".")))
        for pair in table
    }
    for ir_version, opset in table:
        newer = releases.get((ir_version + 1, opset), (9, 9))
        assert releases[ir_version, opset] <= newer
        assert releases[ir_version, opset] <= releases.get((ir_version, opset + 1), (9, 9))
