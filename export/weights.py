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
from ..errors import ExportError


class ModulesByWeights:
    """The quantizable modules of a model, each of which can be taken once.

    Modules with equal weights are taken in the model's order.

    Args:
        model: The rewritten eager model.
        stored: Gives a module's weights in the format's order of axes.
    """

    def __init__(self, model: nn.Module, stored: Callable[[Any], NDArray[np.float32]]) -> None:
        self._paths: dict[str, deque[str]] = defaultdict(deque)
        self._modules: dict[str, nn.Module] = {}
        self._stored = stored
        self._refused: list[NDArray[np.float32]] = []
        for path, module in model.named_modules():
            if isinstance(module, QUANTIZABLE):
                self._modules[path] = module
                self._paths[digest_of_weights(stored(module))].append(path)

    def take(self, weights: NDArray[np.float32]) -> str | None:
        """The path of the next module with these weights, or None where there is none."""
        paths = self._paths.get(digest_of_weights(weights))
        if paths:
            return paths.popleft()
        self._refused.append(weights)
        return None

    def check_none_left(self, kind: str) -> None:
        """Checks that every module was taken.

        Args:
            kind: What takes modules, such as ``op``.

        Raises:
            ExportError: Some were not; the message says why not the first.
        """
        left = [path for paths in self._paths.values() for path in paths]
        if left:
            raise ExportError(
                f"no {kind} has the weights of {', '.join(left)}: {self._why_left(left[0])}; fp32"
                " needs none, export that"
            )

    def why_none_has(self, weights: NDArray[np.float32]) -> str:
        """Why no module could be taken for an op's weights, in a few words."""
        if digest_of_weights(weights) in self._paths:
            return (
                "every module with its weights has an op already, so the converter wrote it twice"
            )
        away = {path: distance_of(self._own(path), weights) for path in self._modules}
        path = min(away, key=away.__getitem__, default="")
        if not path or np.isinf(away[path]):
            return f"no module has weights {list(weights.shape)}, so the converter made them"
        return (
            f"those of the nearest, {path}, differ by up to {away[path]:.2g}, so the converter"
            " changed them"
        )

    def _why_left(self, path: str) -> str:
        """Why a module was not taken, in a few words."""
        own = self._own(path)
        nearest = min((distance_of(own, other) for other in self._refused), default=np.inf)
        if np.isinf(nearest):
            return f"no op has weights {list(own.shape)}, so the converter merged it or left it out"
        return (
            f"those of the nearest op differ by up to {nearest:.2g}, so the converter changed them"
        )

    def _own(self, path: str) -> NDArray[np.float32]:
        return self._stored(self._modules[path])


def distance_of(weights: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """The largest difference between weights; infinite where their shapes differ."""
    if _shape(weights) != _shape(other):
        return float("inf")
    difference = np.abs(weights.ravel().astype(np.float64) - other.ravel())
    return float(difference.max(initial=0))


def digest_of_weights(weights: NDArray[np.float32]) -> str:
    """A digest of weights, whatever axes of length 1 they are stored with.

    It is one of their values: converters drop the sign of a zero, and what is too small for a
    normal float may become one.
    """
    smallest = np.finfo(weights.dtype).tiny
    values = np.where(np.abs(weights) < smallest, np.zeros_like(weights), weights)
    return hashlib.sha256(repr(_shape(weights)).encode() + values.tobytes()).hexdigest()


def _shape(weights: NDArray[np.float32]) -> tuple[int, ...]:
    """A shape without axes of length 1."""
    return tuple(size for size in weights.shape if size > 1)
