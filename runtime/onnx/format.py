"""ONNX graphs, as ONNX Runtime runs them."""

from __future__ import annotations

from ...artifact.formats import FORMATS
from ..format import FormatRuntime
from .profile import profile
from .residency import residency
from .runner import OnnxRunner, load_runtime, read_metadata, tensors
from .stored_graph import read_stored_graph
from .tracer import OnnxTracer

ONNX = FormatRuntime(
    facts=FORMATS["onnx"],
    load_runtime=load_runtime,
    runner=OnnxRunner,
    residency=residency,
    tensors=tensors,
    metadata=read_metadata,
    profile=profile,
    tracer=OnnxTracer,
    stored_graph=read_stored_graph,
)
