"""Writes the manifests that lowformer-export leaves today, for the app's tests; a minute or two.

python -m lowformer_edge.android_demo.tools.golden_exports

Every format, backend and precision, integers and images as inputs, integers and probabilities as
outputs, batches, labels and Core ML's folders, detectors and segmenters. Needs the extra ``all``.
"""

from __future__ import annotations

import dataclasses
import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ...artifact.formats import FORMATS, IN_ALL
from ...export.options import BACKENDS
from ...export.spec import ExportSpec
from ...models.config import LowFormerConfig
from ...models.loading import LoadedModel, from_module, load_model
from ...models.random_weights import random_model
from ...tasks.names import DETECTION, SEGMENTATION
from ...workflows.data import open_images
from ...workflows.export import export_model
from .golden_pixels import FOLDER

FILE = "exports.json.gz"

_MODEL = LowFormerConfig(
    name="slight",
    widths=(4, 6, 8, 16, 32),
    depths=(0, 1, 1, 0, 0),
    downsample_expansions=(2, 2, 2, 2),
    block_expansion=2,
    head_widths=(24, 20),
    num_classes=5,
    fused_below=32,
    mlp_expansion=2,
    head_width=4,
    input_size=64,
)
"""The fewest ops that a config can ask for."""

_NAMES = ("ant", "bee", "cat", "dog", "eel")


def golden_exports(folder: Path) -> dict[str, Any]:
    """Exports into a folder, and gives the manifests by what they are of."""
    nameless = load_model(config=_MODEL, random_weights=True)
    named = dataclasses.replace(nameless, labels=_NAMES)
    exported = {}
    for name, specs in _exports().items():
        model = named if name in _NAMED else nameless
        bundle = export_model(model, folder / name, specs, runs=2)
        exported[name] = {**bundle.manifest.model_dump(mode="json"), "machine": {}}
    for name, asked in _dense_exports().items():
        dense = _dense_model(name)
        noise = np.random.default_rng(0).integers(0, 256, (4, 64, 96, 3), np.uint8)
        seen = open_images(noise, dense)
        bundle = export_model(
            dense, folder / name, asked, calibration=seen, runs=2, keep_failed=True
        )
        exported[name] = {**bundle.manifest.model_dump(mode="json"), "machine": {}}
    return exported


def _dense_model(task: str) -> LoadedModel:
    """A detector or a segmenter; its random weights prove nothing of INT8."""
    config = _MODEL.for_task(task, channels=8).replace(num_classes=5, input_size=(64, 96))
    return from_module(random_model(config), labels=_NAMES)


_NAMED = ("tflite-int8-io", "coreml-image", "several")
"""Exports whose model has class names."""


def _exports() -> dict[str, list[ExportSpec]]:
    """What each export is of, by its name."""
    plain = {
        name: [ExportSpec(name, precision) for precision in FORMATS[name].precisions]
        for name in IN_ALL
        if name != "executorch"
    }
    backends = {
        f"executorch-{backend}": [
            ExportSpec.of("executorch", precision, backend=backend) for precision in precisions
        ]
        for backend, precisions in BACKENDS.items()
    }
    return {
        **plain,
        **backends,
        "tflite-int8-io": [ExportSpec.of("tflite", "int8", io="int8", batch=3)],
        "tflite-image": [ExportSpec.of("tflite", input="image")],
        "tflite-probabilities": [ExportSpec.of("tflite", output="probabilities")],
        "executorch-image": [ExportSpec.of("executorch", input="image")],
        "onnx-dynamic": [ExportSpec.of("onnx", dynamic_batch=True)],
        "coreml-image": [
            ExportSpec.of("coreml", FORMATS["coreml"].default_precision, input="image")
        ],
        "several": [
            ExportSpec(name, precision)
            for name in ("tflite", "executorch", "onnx")
            for precision in ("fp32", "int8")
        ],
    }


def _dense_exports() -> dict[str, list[str | ExportSpec]]:
    """What the exports of detectors and segmenters are of, by their tasks."""
    plain: list[str | ExportSpec] = [
        f"{name}/{precision}" for name in ("tflite", "executorch") for precision in ("fp32", "int8")
    ]
    boxes = [ExportSpec(name, output="boxes") for name in ("tflite", "executorch")]
    integers = ExportSpec.of("tflite", "int8", io="int8")
    return {DETECTION: [*plain, integers, *boxes], SEGMENTATION: [*plain, integers]}


def main() -> None:
    """Writes the file."""
    with tempfile.TemporaryDirectory() as folder:
        text = json.dumps(golden_exports(Path(folder)))
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / FILE).write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main()
