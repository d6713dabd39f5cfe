"""The reference that every artifact is held to: the eager model as it was loaded."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ..artifact.preprocessing import Preprocessing
from ..calibration.images import DecodedImages
from ..progress import Advance

BATCH = 16


def reference_logits(
    model: nn.Module, images: DecodedImages, preprocessing: Preprocessing, advance: Advance
) -> NDArray[np.float32]:
    """Logits float32 [N, K] of the eager model for all images."""
    logits = []
    with torch.no_grad():
        for batch in images.batches(preprocessing, BATCH):
            logits.append(model(torch.from_numpy(batch)).numpy())
            advance(len(batch))
    return np.concatenate(logits)
