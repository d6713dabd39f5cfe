"""How ONNX Runtime will run a file: which provider, and which QDQ groups became integer ops.

The runtime writes the graph as it will run it. An op between DequantizeLinear and
QuantizeLinear that is still a float op there was not fused.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...artifact.interface import METADATA_NAME, parse_metadata
from ...process.system_limit import scratch_folder
from ..damage import telling_damage
from ..residency import OpRecord, Residency
from .runner import PROVIDER, open_session
from .stored_graph import read_model

NPU_TARGET = "qnn"
"""The export target whose graphs are for NPUs."""

_WEIGHTED = ("Conv", "ConvTranspose", "Gemm", "MatMul")


def residency(path: Path, threads: int = 1) -> Residency:
    """Loads a file and reads the optimized graph.

    All ops run on the CPU provider, the only one that is asked for; refused are those that the
    file quantizes and the runtime computes in float. Of a graph that was made for an NPU, nothing
    here tells what runs where.

    Raises:
        ArtifactError: The file cannot be loaded.
        MissingDependencyError: The package onnx is not installed.
    """
    with scratch_folder() as folder:
        written = folder / "optimized.onnx"
        open_session(path, threads, optimized=written)
        with telling_damage(path):
            return _residency(read_model(path), read_model(written).graph)


def _residency(model: Any, optimized: Any) -> Residency:
    """Where a file's ops run, by its own graph and what the runtime made of it."""
    if _is_for_npu(model):
        records = (OpRecord(node.op_type, node.name, delegated=True) for node in model.graph.node)
        return Residency(delegate=None, ops=tuple(records), partitions=0)
    quantized = _quantized_nodes(model.graph)
    return Residency(
        delegate=PROVIDER,
        ops=tuple(
            OpRecord(
                node.op_type,
                node.name,
                delegated=not (node.op_type in _WEIGHTED and node.name in quantized),
            )
            for node in optimized.node
        ),
        partitions=1,
    )


def _quantized_nodes(graph: Any) -> set[str]:
    """Names of the ops whose weights come from a DequantizeLinear."""
    rounded = {
        output
        for node in graph.node
        if node.op_type == "DequantizeLinear"
        for output in node.output
    }
    return {
        node.name
        for node in graph.node
        if node.op_type in _WEIGHTED and rounded.issuperset(node.input[:2])
    }


def _is_for_npu(model: Any) -> bool:
    """Whether ``lowformer-export`` made a graph for an NPU."""
    stated = {item.key: item.value for item in model.metadata_props}
    try:
        metadata = parse_metadata(stated.get(METADATA_NAME, "null"))
    except ValueError:
        return False
    spec = (metadata or {}).get("spec")
    return isinstance(spec, Mapping) and spec.get("format") == NPU_TARGET
