"""XNNPACK's passes over a graph, without those that find nothing in it.

Each pass traces the whole graph again, which is what costs most of a lowering, and two of them
export modules of their own first, to look for their graphs. The program is the same to the byte
without those whose ops a graph does not hold.

It leans on ExecuTorch's private parts; with another version all passes run.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
from collections.abc import Callable, Iterator
from typing import Any

from torch.fx import Graph, Node

VERSION = "1.5.1"
"""The version of ExecuTorch that this module was written for."""

MOST_CONCATENATED = 5
"""Tensors that XNNPACK concatenates at once."""


def _holds(*ops: str) -> Callable[[Graph], bool]:
    """Whether a graph holds one of some ops."""
    return lambda graph: any(_op(node) in ops for node in graph.nodes)


def _holds_conv1d(graph: Graph) -> bool:
    return any(
        _op(node) == "aten.convolution.default" and node.meta["val"].dim() == 3
        for node in graph.nodes
    )


def _holds_long_concatenation(graph: Graph) -> bool:
    return any(
        _op(node) == "aten.cat.default" and len(node.args[0]) > MOST_CONCATENATED
        for node in graph.nodes
    )


def _holds_notes(graph: Graph) -> bool:
    return any("custom" in node.meta for node in graph.nodes)


_BATCH_NORM = _holds(
    "aten.native_batch_norm.default", "aten._native_batch_norm_legit_no_training.default"
)

NEEDED: dict[str, Callable[[Graph], bool]] = {
    "ConvertToUpsampleBilinear2d": _holds("aten.upsample_bilinear2d.vec"),
    "PropagateCustomMetaPass": _holds_notes,
    "ConvertToSDPAPass": _holds("aten.any.dim"),
    "FuseBatchNormPass": _BATCH_NORM,
    "DecomposeBatchNorm": _BATCH_NORM,
    "DecomposeConcatenate": _holds_long_concatenation,
    "RemoveGetItemPass": _holds("aten.max_pool2d_with_indices.default", "aten.max.dim"),
    "InsertPadQDQPass": _holds("aten.constant_pad_nd.default"),
    "Conv1dUnsqueezePass": _holds_conv1d,
    "PReLUReshapePass": _holds("aten._prelu_kernel.default"),
}
"""Whether a pass, by its class's name, has something to do in a graph."""


@contextlib.contextmanager
def needed_passes_alone() -> Iterator[None]:
    """Leaves out passes that have nothing to do, for the block's duration."""
    if importlib.metadata.version("executorch") != VERSION:
        yield
        return
    from executorch.backends.xnnpack import _passes

    transform = _passes._transform

    def transform_if_needed(program: Any, one: Any) -> Any:
        is_needed = NEEDED.get(type(one).__name__)
        if is_needed is not None and not is_needed(program.graph):
            return program
        return transform(program, one)

    _passes._transform = transform_if_needed
    try:
        yield
    finally:
        _passes._transform = transform


def _op(node: Node) -> str:
    """What a node calls, such as ``aten.cat.default``; nothing where it calls nothing."""
    return getattr(node.target, "__name__", "") if node.op == "call_function" else ""
