"""A converted model as a Core ML package, the same bytes for the same model."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

from ...artifact.content import Content

_AUTHOR = "com.apple.CoreML"
_MODEL, _WEIGHTS = f"{_AUTHOR}/model.mlmodel", f"{_AUTHOR}/weights"
_WEIGHT_FILE = "weight.bin"
_NAMESPACE = uuid.UUID("2b0f6a1e-6d0e-5b8e-9a52-4c6f6c6f7772")
_OF_THE_DAY = "com.github.apple.coremltools.conversion_date"


def package_content(model: Any) -> Content:
    """The files of a package, by path within its folder.

    coremltools draws new identifiers for each package, and notes the day; here the identifiers
    follow from the names, and the day is left out.

    Args:
        model: coremltools' model, with all that is to be said about it.
    """
    spec = model.get_spec()
    spec.description.metadata.userDefined.pop(_OF_THE_DAY, None)
    content = {
        "Manifest.json": _manifest().encode(),
        f"Data/{_MODEL}": spec.SerializeToString(deterministic=True),
    }
    weights = Path(model.weights_dir) / _WEIGHT_FILE
    if weights.is_file():
        content[f"Data/{_WEIGHTS}/{_WEIGHT_FILE}"] = weights.read_bytes()
    return content


def _manifest() -> str:
    """What Core ML reads first: where the model and its weights lie, if it has any."""
    entries = {
        str(uuid.uuid5(_NAMESPACE, path)): {
            "author": _AUTHOR,
            "description": description,
            "name": path.rpartition("/")[2],
            "path": path,
        }
        for path, description in (
            (_MODEL, "CoreML Model Specification"),
            (_WEIGHTS, "CoreML Model Weights"),
        )
    }
    content = {
        "fileFormatVersion": "1.0.0",
        "itemInfoEntries": entries,
        "rootModelIdentifier": str(uuid.uuid5(_NAMESPACE, _MODEL)),
    }
    return json.dumps(content, indent=4) + "\n"
