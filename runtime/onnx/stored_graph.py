"""An ONNX graph as its file holds it, before ONNX Runtime fuses and moves its ops."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...errors import MissingDependencyError
from ..damage import telling_damage
from .runner import load_runtime

DOMAIN = "ai.onnx"
"""What the empty name of a domain stands for."""

_ML_DOMAIN = "ai.onnx.ml"

_FIRST_RELEASES = (
    ("0.1", 8, 1, 3),
    ("0.3", 9, 1, 3),
    ("0.4", 10, 1, 5),
    ("1.0", 11, 2, 6),
    ("1.3", 12, 2, 7),
    ("1.6", 13, 2, 7),
    ("1.8", 14, 2, 7),
    ("1.9", 15, 2, 8),
    ("1.11", 16, 2, 8),
    ("1.12", 17, 2, 8),
    ("1.14", 18, 3, 8),
    ("1.15", 19, 3, 8),
    ("1.16", 19, 3, 9),
    ("1.17", 20, 4, 9),
    ("1.18", 21, 4, 10),
)
"""Releases of ONNX Runtime that were the first to take newer files: opset of ai.onnx, opset of
ai.onnx.ml, IR version. By https://onnxruntime.ai/docs/reference/compatibility.html, which ends
with 1.20."""


@dataclasses.dataclass(frozen=True)
class StoredGraph:
    """A graph and its versions.

    Attributes:
        op_counts: Number of ops of each kind, most frequent first, those within ops included.
        ir_version: Of the file.
        opsets: The version of the ops of each domain.
        oldest_runtime: The first release of ONNX Runtime whose documentation says that it takes
            these versions; None where the file is newer than what is documented.
        runtime: The release that has opened it here.
    """

    op_counts: dict[str, int]
    ir_version: int
    opsets: dict[str, int]
    oldest_runtime: str | None
    runtime: str


def read_model(path: Path) -> Any:
    """The model of a file that ONNX Runtime has opened, without weights that lie beside it.

    Raises:
        MissingDependencyError: The package onnx is not installed.
    """
    try:
        import onnx
    except ImportError as error:
        raise MissingDependencyError(
            "reading ONNX graphs needs onnx, which is not installed; install the extra onnx-runtime"
        ) from error
    return onnx.load(str(path), load_external_data=False)


def read_stored_graph(path: Path) -> StoredGraph:
    """The graph of a file that ONNX Runtime has opened.

    Raises:
        MissingDependencyError: The package onnx is not installed.
    """
    with telling_damage(path):
        return _stored(read_model(path))


def _stored(model: Any) -> StoredGraph:
    """The graph of a model."""
    counts = Counter(node.op_type for node in _nodes(model.graph))
    opsets = {item.domain or DOMAIN: item.version for item in model.opset_import}
    return StoredGraph(
        op_counts=dict(counts.most_common()),
        ir_version=model.ir_version,
        opsets=opsets,
        oldest_runtime=oldest_runtime(model.ir_version, opsets),
        runtime=load_runtime().__version__,
    )


def oldest_runtime(ir_version: int, opsets: Mapping[str, int]) -> str | None:
    """The first release of ONNX Runtime that takes an IR version and opsets, or None if unknown.

    Domains of other ops than ONNX's own do not count: their versions tell nothing of releases.
    """
    for release, opset, ml_opset, newest_ir_version in _FIRST_RELEASES:
        if (
            opsets.get(DOMAIN, 0) <= opset
            and opsets.get(_ML_DOMAIN, 0) <= ml_opset
            and ir_version <= newest_ir_version
        ):
            return release
    return None


def _nodes(graph: Any) -> Iterator[Any]:
    """A graph's ops, and those of the graphs within them."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _nodes(inner)
