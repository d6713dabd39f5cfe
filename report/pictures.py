"""The section that shows what a detector or a segmenter sees."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..artifact.interface import CLASSIFICATION
from ..artifact.outputs import Outputs
from ..artifact.preprocessing import Preprocessing
from .block import Picture, Pictures, Section
from .evidence import Evidence

SHOWN = 4
"""Of the golden inputs."""

_LEAST_SIDE = 320
"""Pixels of a picture's shorter side, so that names can be read."""

_QUALITY = 90


def pictures_section(evidence: Evidence) -> Section | None:
    """Some golden inputs with what the eager model finds in them; none of a classifier."""
    golden = evidence.golden
    if golden is None or evidence.manifest.task == CLASSIFICATION:
        return None
    pictures = tuple(
        _picture(evidence, pixels, {name: one[[number]] for name, one in golden.outputs.items()})
        for number, pixels in enumerate(golden.pixels[:SHOWN])
    )
    lead = (
        "The first golden inputs, at the network's size, with what the eager model finds in them."
        " The files are held to its outputs under Parity."
    )
    shown = Pictures("What the model sees", pictures)
    return Section("pictures", "Pictures", lead, (shown,))


def _picture(evidence: Evidence, pixels: NDArray[np.uint8], outputs: Outputs) -> Picture:
    """One input, enlarged where it is small, with its results."""
    height, width = pixels.shape[:2]
    factor = -(-_LEAST_SIDE // min(height, width))
    large = Image.fromarray(pixels).resize((factor * width, factor * height))
    whole = Preprocessing(size=(height, width), crop_ratio=1.0, resize_mode="squash")
    task, placement = evidence.task, whole.placement(large.height, large.width)
    results = task.decode(outputs, placement, evidence.labels or None, None)
    content = io.BytesIO()
    task.draw(large, results).save(content, "JPEG", quality=_QUALITY)
    encoded = base64.b64encode(content.getvalue()).decode("ascii")
    return Picture(encoded, large.width, large.height, task.tell(results))
