"""The reference that every artifact is held to: the eager model as it was loaded."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ..artifact.preprocessing import Preprocessing
from ..progress import Advance

BATCH = 16


def reference_logits(
    model: nn.Module, pixels: NDArray[np.uint8], preprocessing: Preprocessing, advance: Advance
) -> NDArray[np.float32]:
    """Logits float32 [N, K] of the eager model for images, uint8 [N, H, W, 3]."""
    logits = []
    with torch.no_grad():
        for start in range(0, len(pixels), BATCH):
            batch = preprocessing.normalise(pixels[start : start + BATCH])
            logits.append(model(torch.from_numpy(batch)).numpy())
            advance(len(batch))
    return np.concatenate(logits)
