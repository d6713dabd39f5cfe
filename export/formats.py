"""What exports to each format."""

from __future__ import annotations

from collections.abc import Mapping

from .coreml.exporter import CoreMLExporter
from .executorch.exporter import ExecuTorchExporter
from .exporter import Exporter
from .onnx.exporter import OnnxExporter
from .qnn.exporter import QnnExporter
from .tflite.exporter import TFLiteExporter

EXPORTERS: Mapping[str, type[Exporter]] = {
    exporter.format.name: exporter
    for exporter in (
        TFLiteExporter,
        ExecuTorchExporter,
        OnnxExporter,
        CoreMLExporter,
        QnnExporter,
    )
}
"""By the format's name."""
