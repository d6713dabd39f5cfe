"""Bilinear interpolation along one axis, as torch's with ``align_corners=False``."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray


@dataclasses.dataclass(frozen=True, eq=False)
class Mixture:
    """For each new value along an axis, the two old ones that it is made of.

    Attributes:
        first: Places of those before it.
        second: Places of those after it.
        share: How much it has of the second one, float32.
    """

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    share: NDArray[np.float32]

    @classmethod
    def of(cls, before: int, after: int) -> Mixture:
        """From an axis of some length to one of another length."""
        return cls.at((np.arange(after) + 0.5) * (before / after), 0, before)

    @classmethod
    def at(cls, centres: NDArray[np.floating], start: int, end: int) -> Mixture:
        """At places that are counted from the axis's edge, of the values from start to end."""
        places = np.clip(centres - 0.5, start, end - 1)
        first = np.floor(places).astype(np.intp)
        second = np.minimum(first + 1, end - 1)
        return cls(first, second, (places - first).astype(np.float32))

    def __len__(self) -> int:
        return len(self.first)

    def __getitem__(self, chosen: slice | NDArray[np.intp]) -> Mixture:
        return Mixture(self.first[chosen], self.second[chosen], self.share[chosen])

    def alone(self) -> tuple[NDArray[np.intp], Mixture]:
        """The old values that are used, ascending, and the same mixture of these alone."""
        needed, places = np.unique(np.concatenate([self.first, self.second]), return_inverse=True)
        return needed, Mixture(places[: len(self)], places[len(self) :], self.share)

    def applied(self, values: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
        """The new values."""
        mixed = values.take(self.first, axis)
        if not self.share.any():
            return mixed
        share = self.share.reshape([-1 if side == axis else 1 for side in range(values.ndim)])
        mixed *= 1 - share
        second = values.take(self.second, axis)
        second *= share
        mixed += second
        return mixed


def resize(maps: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """Maps [H, W, K] of another size, as torch's ``interpolate`` makes them."""
    tall = Mixture.of(maps.shape[0], height).applied(maps, 0)
    return Mixture.of(maps.shape[1], width).applied(tall, 1)
