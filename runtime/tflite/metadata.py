"""What an exported TFLite file says about itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...artifact.interface import METADATA_NAME, parse_metadata
from ...errors import ArtifactError
from ..damage import telling_damage


def read_metadata(path: Path) -> dict[str, Any] | None:
    """The JSON that ``lowformer-export`` put into a file, or None where there is none.

    The file is mapped, not read: every runner asks for this, and it lies between weights.

    Args:
        path: A file that the interpreter has loaded, so that it is known to be whole.

    Raises:
        ArtifactError: The metadata are damaged.
    """
    from ai_edge_litert import schema_py_generated as schema

    with telling_damage(path):
        content = _stored(schema.Model.GetRootAs(np.memmap(path, np.uint8, mode="r")))
    try:
        return None if content is None else parse_metadata(content)
    except ValueError as error:
        raise ArtifactError(f"{path}: its metadata are damaged; export again") from error


def _stored(model: Any) -> bytes | None:
    """That JSON's bytes."""
    for index in range(model.MetadataLength()):
        entry = model.Metadata(index)
        if entry.Name() == METADATA_NAME.encode():
            return bytes(model.Buffers(entry.Buffer()).DataAsNumpy().tobytes())
    return None
