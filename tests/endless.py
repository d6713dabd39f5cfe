"""A file that is sound in all its parts and whose run never ends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def make_endless(source: Path, path: Path) -> None:
    """Writes an ONNX file that counts up its last output for ever, so that no inference ends."""
    model = onnx.load(source)
    graph = model.graph
    (output,) = graph.output
    for node in graph.node:
        node.output[:] = ["counted" if name == output.name else name for name in node.output]
    one = numpy_helper.from_array(np.ones((), np.float32), "one")
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["going"], ["still_going"]),
            helper.make_node("Add", ["count", "one"], ["next"]),
        ],
        "counting",
        [
            helper.make_tensor_value_info("number", TensorProto.INT64, []),
            helper.make_tensor_value_info("going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("count", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("still_going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next", TensorProto.FLOAT, None),
        ],
        [one],
    )
    times = numpy_helper.from_array(np.array(np.iinfo(np.int64).max), "times")
    going = numpy_helper.from_array(np.array(True), "begins")
    graph.initializer.extend([times, going])
    graph.node.append(
        helper.make_node("Loop", ["times", "begins", "counted"], [output.name], body=body)
    )
    onnx.save(model, path)
