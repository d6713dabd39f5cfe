"""What files of every format call their input, their output and what they say of themselves."""

from __future__ import annotations

import json
from typing import Any

INPUT_NAME = "image"
OUTPUT_NAME = "logits"
PROBABILITIES_NAME = "probabilities"
BOXES_NAME, SCORES_NAME = "boxes", "scores"
"""What a detector's file gives where it decodes its maps."""

CLASSIFICATION = "classification"

METADATA_NAME = "lowformer_edge"
"""Under which name each format holds a JSON of model, spec, preprocessing, labels and source."""


def parse_metadata(text: str | bytes) -> dict[str, Any] | None:
    """That JSON as plain values, or None where it is no object.

    Raises:
        ValueError: It is no JSON.
    """
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return found if isinstance(found, dict) else None
