"""Core ML packages, as Core ML or our interpreter runs them."""

from __future__ import annotations

from ...artifact.formats import FORMATS
from ..format import FormatRuntime
from .package import read_metadata, tensors
from .runner import open_runner, profile, residency
from .tracer import MILTracer

COREML = FormatRuntime(
    facts=FORMATS["coreml"],
    load_runtime=lambda: None,
    runner=open_runner,
    residency=residency,
    tensors=tensors,
    metadata=read_metadata,
    profile=profile,
    tracer=MILTracer,
)
