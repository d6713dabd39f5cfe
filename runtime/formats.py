"""The file formats: what runs each, and what reads it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..artifact.manifest import Tensor
from ..errors import ArtifactError
from . import (
    coreml,
    executorch,
    executorch_profile,
    executorch_program,
    executorch_residency,
    executorch_trace,
    mil_trace,
    mlpackage,
    onnx,
    onnx_profile,
    onnx_residency,
    onnx_trace,
    qnn,
    tflite,
    tflite_metadata,
    tflite_profile,
    tflite_residency,
    tflite_trace,
)
from .profile import Profile
from .residency import Residency
from .runner import Runner
from .tracer import Tracer


@dataclasses.dataclass(frozen=True)
class Format:
    """What can be done with the files of one format.

    Attributes:
        name: How people call it.
        load_runtime: Imports what runs it, so that opening a file can be timed alone.
        runner: Opens a file with a number of threads.
        residency: Tells where its ops run.
        profile: Tells what its ops take, for a file, threads and runs; in a fresh process only.
        tensors: Its inputs and outputs.
        metadata: What ``lowformer-export`` put into it, or None.
        tracer: Opens a file to compute its ops one at a time.
    """

    name: str
    load_runtime: Callable[[], object]
    runner: Callable[[Path, int], Runner]
    residency: Callable[[Path, int], Residency]
    profile: Callable[[Path, int, int], Profile]
    tensors: Callable[[Path], tuple[tuple[Tensor, ...], tuple[Tensor, ...]]]
    metadata: Callable[[Path], dict[str, Any] | None]
    tracer: Callable[[Path], Tracer]


FORMATS = {
    ".tflite": Format(
        "TFLite",
        tflite.load_runtime,
        tflite.TFLiteRunner,
        tflite_residency.residency,
        tflite_profile.profile,
        tflite.tensors,
        tflite_metadata.read_metadata,
        tflite_trace.TFLiteTracer,
    ),
    ".pte": Format(
        "ExecuTorch",
        executorch.load_runtime,
        executorch.ExecuTorchRunner,
        executorch_residency.residency,
        executorch_profile.profile,
        executorch.tensors,
        lambda path: executorch_program.read_program(path).metadata,
        executorch_trace.ExecuTorchTracer,
    ),
    ".onnx": Format(
        "ONNX",
        onnx.load_runtime,
        onnx.OnnxRunner,
        onnx_residency.residency,
        onnx_profile.profile,
        onnx.tensors,
        onnx.read_metadata,
        onnx_trace.OnnxTracer,
    ),
    ".mlpackage": Format(
        "Core ML",
        lambda: None,
        coreml.open_runner,
        coreml.residency,
        coreml.profile,
        mlpackage.tensors,
        mlpackage.read_metadata,
        mil_trace.MILTracer,
    ),
    qnn.COMPILED_SUFFIX: Format(
        "compiled QNN graph",
        qnn.load_runtime,
        qnn.QnnRunner,
        qnn.residency,
        qnn.profile,
        qnn.tensors,
        qnn.read_metadata,
        qnn.open_tracer,
    ),
}
"""By the end of the file's name."""


def format_of(path: Path) -> Format:
    """The format of a file, by its name.

    Raises:
        ArtifactError: It is none of ours.
    """
    if path.suffix not in FORMATS:
        raise ArtifactError(f"{path}: is none of {', '.join(FORMATS)}")
    return FORMATS[path.suffix]
