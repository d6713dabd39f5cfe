"""The output of ``lowformer-inspect --preprocess --json``."""

from __future__ import annotations

from typing import Any

from .record import Record


class PreprocessResult(Record):
    """What was written.

    Attributes:
        image: The image that was read.
        model: Whose preprocessing was taken: a bundle, a file, a checkpoint or a variant.
        output: The picture that was written.
        preprocessing: What was done; the picture is before the normalisation.
        preprocessing_sources: Who stated each of its parameters.
    """

    image: str
    model: str
    output: str
    preprocessing: dict[str, Any]
    preprocessing_sources: dict[str, str]
