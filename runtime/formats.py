"""The file formats: what runs each, and what reads it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..artifact.manifest import Tensor
from ..errors import ArtifactError
from .coreml import package as mlpackage
from .coreml import runner as coreml
from .coreml import tracer as mil_trace
from .executorch import format as executorch_residency
from .executorch import profile as executorch_profile
from .executorch import program as executorch_program
from .executorch import runner as executorch
from .executorch import tracer as executorch_trace
from .onnx import profile as onnx_profile
from .onnx import residency as onnx_residency
from .onnx import runner as onnx
from .onnx import tracer as onnx_trace
from .profile import Profile
from .qnn import runner as qnn
from .residency import Residency
from .runner import Runner
from .tflite import format as tflite_metadata
from .tflite import profile as tflite_profile
from .tflite import residency as tflite_residency
from .tflite import runner as tflite
from .tflite import tracer as tflite_trace
from .trace import Tracer


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
