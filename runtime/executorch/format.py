"""ExecuTorch programs."""

from __future__ import annotations

from ...artifact.formats import FORMATS
from ..format import FormatRuntime
from .products import products
from .profile import profile
from .program import read_program
from .residency import residency
from .runner import ExecuTorchRunner, load_runtime, tensors
from .tracer import ExecuTorchTracer

EXECUTORCH = FormatRuntime(
    facts=FORMATS["executorch"],
    load_runtime=load_runtime,
    runner=ExecuTorchRunner,
    residency=residency,
    tensors=tensors,
    metadata=lambda path: read_program(path).metadata,
    profile=profile,
    tracer=ExecuTorchTracer,
    products=products,
)
