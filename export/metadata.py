"""What an exported file tells of itself."""

from __future__ import annotations

import json

from ..artifact.manifest import Compiled
from ..models.loading import LoadedModel
from ..models.network import network_outputs
from .spec import ExportSpec


def metadata(spec: ExportSpec, loaded: LoadedModel, compiled: Compiled | None = None) -> str:
    """Model, spec, preprocessing, labels and source as a JSON, and what it was compiled for.

    Where there are maps, their names are stated too: ExecuTorch's programs have none for outputs.
    """
    dense = loaded.config.dense_head is not None
    return json.dumps(
        {
            "model": loaded.config.to_dict(),
            "spec": spec.to_dict(),
            "preprocessing": loaded.preprocessing.to_dict(),
            "labels": loaded.labels,
            "source": {"name": loaded.source, "sha256": loaded.digest},
            **({"outputs": network_outputs(loaded.config)} if dense else {}),
            **({"compiled": compiled.model_dump()} if compiled else {}),
        }
    )
