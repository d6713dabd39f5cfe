"""Graphs compiled for the NPU of a Snapdragon chip, as Qualcomm's simulator runs them."""

from __future__ import annotations

from ...artifact.formats import FORMATS
from ..format import FormatRuntime
from .compiled import read_metadata, residency, tensors
from .runner import QnnRunner, load_runtime

QNN = FormatRuntime(
    facts=FORMATS["qnn"],
    load_runtime=load_runtime,
    runner=QnnRunner,
    residency=residency,
    tensors=tensors,
    metadata=read_metadata,
    profile="a simulator's times say nothing of the NPU; profile it there",
    tracer="a compiled graph shows no ops; look into the one it was made of",
)
