"""Telling weights apart by their values, which conversions do not change."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray


def digest_of_weights(weights: NDArray[np.float32]) -> str:
    """A digest of weights, whatever axes of length 1 they are stored with."""
    shape = tuple(size for size in weights.shape if size > 1)
    values = np.ascontiguousarray(weights).tobytes()
    return hashlib.sha256(repr(shape).encode() + values).hexdigest()
