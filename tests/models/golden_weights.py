"""Weights that anybody can make again, by which models are held to the outputs of others' code."""

from __future__ import annotations

import zlib

import numpy as np
import torch


def golden_weights(key: str, shape: tuple[int, ...]) -> torch.Tensor:
    """The weights that the golden outputs were made with."""
    generator = np.random.default_rng(zlib.crc32(key.encode()))
    if key.endswith("num_batches_tracked"):
        return torch.tensor(0)
    if key.endswith("running_var"):
        values = generator.uniform(0.5, 1.5, shape)
    elif key.endswith(("running_mean", ".bias")):
        values = generator.normal(0, 0.1, shape)
    elif len(shape) == 1:
        values = generator.uniform(0.5, 1.5, shape)
    else:
        values = generator.normal(0, 1 / np.sqrt(np.prod(shape[1:])), shape)
    return torch.from_numpy(values.astype(np.float32))
