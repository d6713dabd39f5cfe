"""Which hidden channels a projection can do without, and how those that are kept make up for them.

A projection maps hidden activations h and a constant to p = W' [h, 1]. On the channels S that are
kept it is fitted again by least squares, W_S = argmin E |p - W_S' [h_S, 1]|^2, which needs the
second moments of h and p alone. Of the channels that are left, the one goes next whose loss raises
that error least: by w_j' (G_jj)^-1 w_j, where w_j are its fitted weights and G is the inverse of
the moments of what is left (the saliency of Optimal Brain Surgeon, Hassibi and Stork, 1993).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

RIDGE = 1e-6
"""Added to each activation's own moment, as a share of it, so that copies of a channel have no
infinite weights."""

TINY = 1e-300
"""Power that is taken for that of nothing but zeros."""


class Moments:
    """Second moments of hidden activations, with a constant 1 at the end, and of what they project.

    Args:
        columns: Hidden activations, without the constant.
        outputs: Output channels of the projection.
    """

    def __init__(self, columns: int, outputs: int) -> None:
        self.hidden: Matrix = np.zeros((columns + 1, columns + 1))
        self.cross: Matrix = np.zeros((columns + 1, outputs))
        self.power = 0.0

    def add(self, hidden: NDArray[np.float32], projected: NDArray[np.float32]) -> None:
        """Adds rows.

        Args:
            hidden: Activations [rows, columns].
            projected: What they are to give, [rows, outputs].
        """
        rows = np.ones((len(hidden), hidden.shape[1] + 1))
        rows[:, :-1] = hidden
        wanted = projected.astype(np.float64)
        self.hidden += rows.T @ rows
        self.cross += rows.T @ wanted
        self.power += float(np.square(wanted).sum())

    def fit(self, kept: NDArray[np.intp]) -> tuple[Matrix, Matrix]:
        """The projection of least error from some activations.

        Args:
            kept: Their places.

        Returns:
            Weights [kept, outputs] and what is added to them, [outputs].
        """
        places = np.append(kept, len(self.hidden) - 1)
        moments = _with_ridge(self.hidden[np.ix_(places, places)])
        solved = np.linalg.solve(moments, self.cross[places])
        return solved[:-1], solved[-1]

    def least_error(self) -> float:
        """Power of the error of the best projection, over the power of what it is to give."""
        weights = np.linalg.solve(_with_ridge(self.hidden), self.cross)
        return max(self.power - float((weights * self.cross).sum()), 0.0) / max(self.power, TINY)


@dataclasses.dataclass(frozen=True)
class Elimination:
    """In which order channels go.

    Attributes:
        order: All channels, the first to go first; those that never went are at the end.
        errors: Power of the error over the power of the projection, after none, one, two, ... of
            them have gone; of several projections the mean.
    """

    order: NDArray[np.intp]
    errors: NDArray[np.float64]

    def kept(self, count: int) -> NDArray[np.intp]:
        """The channels that are left when only so many are, in ascending order."""
        return np.sort(self.order[len(self.order) - count :])


def eliminate(moments: Sequence[Moments], least: int, columns: int = 1) -> Elimination:
    """Removes channel after channel, each time the one whose loss costs least.

    Args:
        moments: Of the hidden activations, for each projection that takes them. The errors of
            several count as shares of what each gives.
        least: Channels that stay in any case.
        columns: Activations of a channel that go together: 1 before a 1x1 convolution, 9 before
            a 3x3 one.
    """
    fits = [_Fit(one, columns) for one in moments]
    channels = len(fits[0].places)
    alive = np.ones(channels, bool)
    order: list[int] = []
    errors = [sum(fit.error for fit in fits)]
    while len(order) < channels - least:
        raised = sum((fit.raised() for fit in fits), np.zeros(channels))
        gone = int(np.where(alive, raised, np.inf).argmin())
        for fit in fits:
            fit.remove(gone)
        alive[gone] = False
        order.append(gone)
        errors.append(errors[-1] + float(raised[gone]))
    order += np.flatnonzero(alive).tolist()
    return Elimination(np.array(order), np.array(errors) / len(fits))


class _Fit:
    """The projection of least error from the channels that are left.

    Args:
        moments: Of all channels.
        columns: Activations of each.
    """

    def __init__(self, moments: Moments, columns: int) -> None:
        self.places = np.arange(len(moments.hidden) - 1).reshape(-1, columns)
        self._power = max(moments.power, TINY)
        self._inverse = np.linalg.inv(_with_ridge(moments.hidden))
        self._weights = self._inverse @ moments.cross
        self._solved = np.empty(0)
        explained = float((self._weights * moments.cross).sum())
        self.error = max(moments.power - explained, 0.0) / self._power

    def raised(self) -> Matrix:
        """By how much the error would be higher without each of the channels."""
        blocks = self._inverse[self.places[:, :, None], self.places[:, None, :]]
        own = self._weights[self.places]
        is_single = self.places.shape[1] == 1
        self._solved = own / blocks if is_single else np.linalg.solve(blocks, own)
        return (own * self._solved).sum((1, 2)) / self._power

    def remove(self, gone: int) -> None:
        """Takes a channel out, after :meth:`raised`."""
        block = self.places[gone]
        rows = self._inverse[:, block]
        self._weights -= rows @ self._solved[gone]
        self._inverse -= rows @ np.linalg.solve(self._inverse[np.ix_(block, block)], rows.T)
        self._weights[block] = 0
        self._inverse[block] = self._inverse[:, block] = 0
        self._inverse[block, block] = 1  # so that its block stays invertible


def _with_ridge(moments: Matrix) -> Matrix:
    diagonal = np.diag(moments)
    return moments + np.diag(RIDGE * diagonal + 1e-12 * diagonal.mean())
