"""What an exported file tells of itself."""

from __future__ import annotations

import json

from ..models.loading import LoadedModel
from .spec import ExportSpec


def metadata(spec: ExportSpec, loaded: LoadedModel) -> str:
    """Model, spec, preprocessing, labels and source as a JSON."""
    return json.dumps(
        {
            "model": loaded.config.to_dict(),
            "spec": spec.to_dict(),
            "preprocessing": loaded.preprocessing.to_dict(),
            "labels": loaded.labels,
            "source": {"name": loaded.source, "sha256": loaded.digest},
        }
    )
