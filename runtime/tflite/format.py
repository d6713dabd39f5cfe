"""TFLite files, as LiteRT runs them."""

from __future__ import annotations

from ...artifact.formats import FORMATS
from ..format import FormatRuntime
from .metadata import read_metadata
from .products import products
from .profile import profile
from .residency import residency
from .runner import TFLiteRunner, load_runtime, tensors
from .tracer import TFLiteTracer

TFLITE = FormatRuntime(
    facts=FORMATS["tflite"],
    load_runtime=load_runtime,
    runner=TFLiteRunner,
    residency=residency,
    tensors=tensors,
    metadata=read_metadata,
    profile=profile,
    tracer=TFLiteTracer,
    products=products,
)
