"""Reading and editing a TFLite file's graph."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from lowformer_edge.errors import ArtifactError, MissingDependencyError
from lowformer_edge.runtime.tflite.graph import TFLiteGraph
from lowformer_edge.runtime.tflite.runner import tensors


@pytest.fixture
def graph(demo_bundle: Path) -> TFLiteGraph:
    return TFLiteGraph((demo_bundle / "demo-int8.tflite").read_bytes())


def test_copies_with_other_outputs_and_of_some_ops_leave_the_graph_as_it_is(
    graph: TFLiteGraph, tmp_path: Path
) -> None:
    before = graph.to_bytes()
    first, second, *_ = [op for op in graph.ops() if op.name == "CONV_2D"]
    path = tmp_path / "copy.tflite"
    path.write_bytes(graph.with_outputs([*first.outputs, *second.outputs]))
    (image,), shown = tensors(path)
    assert image.name == "image"
    assert [tensor.name for tensor in shown] == [
        graph.tensor_name(*op.outputs) for op in (first, second)
    ]
    path.write_bytes(graph.cut_out([first], first.inputs[:1], first.outputs))
    (taken,), (given,) = tensors(path)
    assert taken.name == graph.tensor_name(first.inputs[0])
    assert given.name == graph.tensor_name(*first.outputs)
    assert graph.to_bytes() == before


def test_scales_spread_over_the_axis_of_their_channels(graph: TFLiteGraph) -> None:
    conv = next(op for op in graph.ops() if op.name == "CONV_2D")
    activations, weights = map(graph.quantization, conv.inputs[:2])
    assert activations is not None
    assert weights is not None
    assert [part.size for part in activations] == [1, 1]
    assert weights[0].shape[1:] == (1, 1, 1)
    assert (weights[1] == np.zeros_like(weights[0])).all()
    assert graph.quantization(*graph.inputs) is None


def test_equal_vectors_are_stored_once(graph: TFLiteGraph) -> None:
    """Zero points, of eight bytes a channel, would be more than the biases and scales."""
    before = len(graph.to_bytes())
    convs = [op for op in graph.ops() if op.name == "CONV_2D"][:5]
    for op in convs:
        quantization = graph._graph.tensors[op.inputs[1]].quantization
        quantization.zeroPoint = np.zeros(10_000, np.int64)
    zeros = len(graph.to_bytes()) - before
    assert 8 * 10_000 <= zeros < 8 * 10_100


def test_types_that_numpy_lacks_are_named(graph: TFLiteGraph) -> None:
    (image,) = graph.inputs
    assert graph.dtype(image) == np.float32
    graph._graph.tensors[image].type = 17
    with pytest.raises(ArtifactError, match="type INT4 cannot be traced"):
        graph.dtype(image)


def test_what_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_litert.tools", None)
    with pytest.raises(MissingDependencyError, match=r"lowformer-edge\[tflite-runtime\]"):
        TFLiteGraph(b"")
