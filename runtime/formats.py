"""The formats whose files can be run and read, by the end of their names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..errors import ArtifactError
from .coreml.format import COREML
from .executorch.format import EXECUTORCH
from .format import FormatRuntime
from .onnx.format import ONNX
from .qnn.format import QNN
from .tflite.format import TFLITE

RUNTIMES: Mapping[str, FormatRuntime] = {
    row.facts.suffix: row for row in (TFLITE, EXECUTORCH, ONNX, COREML, QNN)
}


def format_of(path: Path) -> FormatRuntime:
    """The format of a file, by its name.

    Raises:
        ArtifactError: It is none of ours.
    """
    if path.suffix not in RUNTIMES:
        raise ArtifactError(f"{path}: is none of {', '.join(RUNTIMES)}")
    return RUNTIMES[path.suffix]
