"""Finding modules by their weights, which conversions do not change."""

from __future__ import annotations

import hashlib
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from ..calibration.ranges import QUANTIZABLE


class ModulesByWeights:
    """The quantizable modules of a model, each of which can be taken once.

    Modules with equal weights are taken in the model's order.

    Args:
        model: The rewritten eager model.
        stored: Gives a module's weights in the format's order of axes.
    """

    def __init__(self, model: nn.Module, stored: Callable[[Any], NDArray[np.float32]]) -> None:
        self._paths: dict[str, deque[str]] = defaultdict(deque)
        for path, module in model.named_modules():
            if isinstance(module, QUANTIZABLE):
                self._paths[digest_of_weights(stored(module))].append(path)

    def take(self, weights: NDArray[np.float32]) -> str | None:
        """The path of the next module with these weights, or None where there is none."""
        paths = self._paths.get(digest_of_weights(weights))
        return paths.popleft() if paths else None

    def left(self) -> list[str]:
        """Paths of the modules that were not taken."""
        return [path for paths in self._paths.values() for path in paths]


def digest_of_weights(weights: NDArray[np.float32]) -> str:
    """A digest of weights, whatever axes of length 1 they are stored with.

    It is one of their values: converters drop the sign of a zero, and what is too small for a
    normal float may become one.
    """
    shape = tuple(size for size in weights.shape if size > 1)
    smallest = np.finfo(weights.dtype).tiny
    values = np.where(np.abs(weights) < smallest, np.zeros_like(weights), weights)
    return hashlib.sha256(repr(shape).encode() + values.tobytes()).hexdigest()
