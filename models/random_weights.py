"""Random weights that behave like trained ones under conversion."""

from __future__ import annotations

import zlib

import numpy as np
import torch
from torch import Tensor

from ..errors import ConfigError
from ..process.limits import LARGEST_WEIGHTS
from .config import LowFormerConfig
from .network import Network, build_network


def random_model(config: LowFormerConfig, seed: int = 0) -> Network:
    """A model with reproducible random weights and non-trivial norm parameters.

    With the usual initialisation (scale 1, shift 0, mean 0, variance 1) converters drop work
    that a trained model needs, so sizes and latencies would come out too good. Accuracy and
    INT8 figures of such a model mean nothing.

    Args:
        config: The architecture.
        seed: Of the weights; every tensor has a generator of its own, seeded with its key too.

    Raises:
        ConfigError: It cannot be built, or is too large.
    """
    with torch.device("meta"):
        model = build_network(config)
    size = sum(value.nbytes for value in model.state_dict().values())
    if size > LARGEST_WEIGHTS:
        raise ConfigError(
            f"model config: {config.name} would have {size / 1e9:.1f} GB of weights, more than"
            f" {LARGEST_WEIGHTS / 1e9:.1f} GB, which no LowFormer has; take smaller widths"
        )
    model = model.to_empty(device="cpu")
    model.load_state_dict(
        {key: _tensor(key, value, seed) for key, value in model.state_dict().items()}
    )
    return model.eval()


def _tensor(key: str, like: Tensor, seed: int) -> Tensor:
    generator = np.random.default_rng((zlib.crc32(key.encode()), seed))
    shape = tuple(like.shape)
    if key.endswith("num_batches_tracked"):
        return torch.zeros_like(like)
    if key.endswith(("running_mean", ".bias")):
        values = generator.normal(0, 0.1, shape)
    elif len(shape) == 1:
        values = generator.uniform(0.5, 1.5, shape)
    else:
        values = generator.normal(0, np.prod(shape[1:]) ** -0.5, shape)
    return torch.from_numpy(values.astype(np.float32))
