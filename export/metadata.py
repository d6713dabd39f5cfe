"""What an exported file tells of itself."""

from __future__ import annotations

import json

from ..artifact.manifest import Compiled
from ..models.loading import LoadedModel
from .file_interface import output_names
from .spec import ExportSpec


def metadata(spec: ExportSpec, loaded: LoadedModel, compiled: Compiled | None = None) -> str:
    """Model, spec, preprocessing, labels and source as a JSON, and what it was compiled for.

    Of a detector or a segmenter the outputs' names are stated too: ExecuTorch's programs have none.
    """
    dense = loaded.config.dense_head is not None
    return json.dumps(
        {
            "model": loaded.config.to_dict(),
            "spec": spec.to_dict(),
            "preprocessing": loaded.preprocessing.to_dict(),
            "labels": loaded.labels,
            "source": {"name": loaded.source, "sha256": loaded.digest},
            **({"outputs": output_names(spec, loaded)} if dense else {}),
            **({"compiled": compiled.model_dump()} if compiled else {}),
        }
    )
