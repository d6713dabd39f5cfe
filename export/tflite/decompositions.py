"""Decomposing a program once on its way to TFLite, where the converter does it three times.

Tracing a program anew is what costs most of a conversion, and litert-torch 0.10.0 does it after
the export, among its passes and before the lowering, of which the last does all. The file is the
same to the byte without the first two. The second is kept where an op that a later pass looks for,
such as an upsampling, was wrapped in a function for its layout.

All of it leans on the converter's private parts; with another version it goes its own way.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import types
from collections.abc import Iterator
from typing import Any

VERSION = "0.10.0"
"""The version of litert-torch that this module was written for."""

NOT_LOOKED_FOR = (
    "tensor_to_nhwc",
    "tensor_to_nchw",
    "_aten_convolution_rewriter.<locals>.conv_nhwc",
)
"""Functions around what no later pass looks for."""


@contextlib.contextmanager
def decomposed_once() -> Iterator[None]:
    """Leaves out what the lowering does again, for the block's duration."""
    if importlib.metadata.version("litert-torch") != VERSION:
        yield
        return
    from litert_torch._convert import core
    from litert_torch.fx_infra import CanonicalizePass, ExportedProgramPassResult

    def retrace_if_needed(own: Any, program: Any) -> Any:
        targets = [node.target for node in program.graph.nodes]
        wrapped = {one.__qualname__ for one in targets if isinstance(one, types.FunctionType)}
        if not wrapped <= set(NOT_LOOKED_FOR):
            return retrace(own, program)
        return ExportedProgramPassResult(program, False)

    export, retrace = core.export_torch_signature, CanonicalizePass.call
    core.export_torch_signature = functools.partial(export, run_decompositions=False)
    CanonicalizePass.call = retrace_if_needed
    try:
        yield
    finally:
        core.export_torch_signature = export
        CanonicalizePass.call = retrace
