"""Writes the manifests that lowformer-export leaves today, for the app's tests; a minute or two.

python -m lowformer_edge.android_demo.tools.golden_exports

Every target, backend and precision, integers as inputs and outputs, batches, labels and Core ML's
folders. Needs the extra ``all``.
"""

from __future__ import annotations

import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

from ...artifact.formats import FORMATS, IN_ALL
from ...artifact.manifest import FILE_NAME
from ...cli.export import main as export
from ...export.options import BACKENDS
from ...models.config import LowFormerConfig
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

_NAMES = "ant\nbee\ncat\ndog\neel\n"


def golden_exports(folder: Path) -> dict[str, Any]:
    """Exports into a folder, and gives the manifests by what they are of."""
    config, labels = folder / "model.json", folder / "names.txt"
    config.write_text(json.dumps(_MODEL.to_dict()), encoding="utf-8")
    labels.write_text(_NAMES, encoding="utf-8")
    found = {}
    for name, options in _exports(labels).items():
        output = folder / name
        code = export(
            [
                *("--config", str(config), "--random-weights", "--output", str(output), "--quiet"),
                *("--evaluation-images", "16", "--runs", "2", *options),
            ]
        )
        if code != 0:
            raise SystemExit(code)
        manifest = json.loads((output / FILE_NAME).read_text(encoding="utf-8"))
        found[name] = {**manifest, "machine": {}}
    return found


def _exports(labels: Path) -> dict[str, list[str]]:
    """The options of each export, by its name."""
    known = {target: FORMATS[target].precisions for target in IN_ALL if target != "executorch"}
    plain = {
        target: ["--to", target, *(f"--{precision}" for precision in precisions)]
        for target, precisions in known.items()
    }
    backends = {
        f"executorch-{backend}": [
            *("--to", "executorch", "--backend", backend),
            *(f"--{precision}" for precision in precisions),
        ]
        for backend, precisions in BACKENDS.items()
    }
    named = ["--labels", str(labels)]
    return {
        **plain,
        **backends,
        "tflite-int8-io": ["--to", "tflite", "--int8", "--io", "int8", "--batch", "3", *named],
        "onnx-dynamic": ["--to", "onnx", "--dynamic-batch"],
        "coreml-image": ["--to", "coreml", "--input", "image", *named],
        "several": ["--to", "tflite,executorch,onnx", "--fp32", "--int8", *named],
    }


def main() -> None:
    """Writes the file."""
    with tempfile.TemporaryDirectory() as folder:
        text = json.dumps(golden_exports(Path(folder)))
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / FILE).write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main()
