"""Which parts of a model half precision has no room for."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..runtime.half_arithmetic import LARGEST

_HEADROOM = 2.0
"""How much more other images may need."""


def find_overflowing_modules(model: nn.Module, images: NDArray[np.float32]) -> tuple[str, ...]:
    """The smallest modules around values that half precision has no room for.

    What such a module takes and gives fits; so it can be computed in single precision within a
    model in half precision.

    Args:
        model: As it is rewritten for a format.
        images: Normalised float32 [N, 3, H, W].

    Returns:
        Paths, none within another; empty where all values fit, or the model's own output does not.
    """
    largest: dict[str, float] = {}
    taken: dict[str, float] = {}

    def hook(path: str) -> Any:
        def record(module: nn.Module, given: Any, gave: Any) -> None:
            taken[path] = max(taken.get(path, 0.0), *map(_magnitude, given), 0.0)
            largest[path] = max(largest.get(path, 0.0), _magnitude(gave))

        return record

    handles = [module.register_forward_hook(hook(path)) for path, module in model.named_modules()]
    try:
        with torch.no_grad():
            model(torch.from_numpy(images))
    finally:
        for handle in handles:
            handle.remove()
    found = {_enclosing(path, taken, largest) for path in largest if not _fits(largest[path])}
    if "" in found:
        return ()
    return tuple(sorted(path for path in found if not _within(path, found)))


def _fits(magnitude: float) -> bool:
    return magnitude * _HEADROOM <= LARGEST


def _enclosing(path: str, taken: dict[str, float], largest: dict[str, float]) -> str:
    """The module at a path, or the smallest around it, whose input and output fit."""
    while path and not (path in largest and _fits(taken[path]) and _fits(largest[path])):
        path = path.rpartition(".")[0]
    return path


def _within(path: str, others: set[str]) -> bool:
    return any(path.startswith(f"{other}.") for other in others)


def _magnitude(value: Any) -> float:
    """The largest magnitude of a tensor; 0 of anything else."""
    if isinstance(value, Tensor) and value.is_floating_point() and value.numel():
        return float(value.abs().max())
    return 0.0
