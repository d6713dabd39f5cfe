"""Which hidden channels a projection can do without, and how those that are kept make up for them.

A projection maps hidden activations h and a constant to p = W' [h, 1]. On the channels S that are
kept it is fitted again by least squares, W_S = argmin E |p - W_S' [h_S, 1]|^2, which needs the
second moments of h and p alone. Of the channels that are left, the one goes next whose loss raises
that error least: by w_j' (G_jj)^-1 w_j, where w_j are its fitted weights and G is the inverse of
the moments of what is left (the saliency of Optimal Brain Surgeon, Hassibi and Stork, 1993).
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

RIDGE = 1e-6
"""Added to each activation's own moment, as a share of it, so that copies of a channel have no
infinite weights."""


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


@dataclasses.dataclass(frozen=True)
class Elimination:
    """In which order channels go.

    Attributes:
        order: All channels, the first to go first; those that never went are at the end.
        errors: Power of the error over the power of the projection, after none, one, two, ... of
            them have gone.
    """

    order: NDArray[np.intp]
    errors: NDArray[np.float64]

    def kept(self, count: int) -> NDArray[np.intp]:
        """The channels that are left when only so many are, in ascending order."""
        return np.sort(self.order[len(self.order) - count :])


def eliminate(moments: Moments, least: int, columns: int = 1) -> Elimination:
    """Removes channel after channel, each time the one whose loss costs least.

    Args:
        moments: Of the hidden activations.
        least: Channels that stay in any case.
        columns: Activations of a channel that go together: 1 before a 1x1 convolution, 9 before
            a 3x3 one.
    """
    channels = (len(moments.hidden) - 1) // columns
    inverse = np.linalg.inv(_with_ridge(moments.hidden))
    weights = inverse @ moments.cross
    error = max(moments.power - float((weights * moments.cross).sum()), 0.0)
    alive = np.ones(channels, bool)
    order: list[int] = []
    errors = [error]
    places = np.arange(channels * columns).reshape(channels, columns)
    while len(order) < channels - least:
        blocks = inverse[places[:, :, None], places[:, None, :]]
        own = weights[places]
        solved = own / blocks if columns == 1 else np.linalg.solve(blocks, own)
        raised = np.where(alive, (own * solved).sum((1, 2)), np.inf)
        gone = int(raised.argmin())
        block = places[gone]
        rows = inverse[:, block]
        weights -= rows @ solved[gone]
        inverse -= rows @ np.linalg.solve(blocks[gone], rows.T)
        weights[block] = 0
        inverse[block] = inverse[:, block] = 0
        inverse[block, block] = 1  # so that its block stays invertible
        alive[gone] = False
        order.append(gone)
        errors.append(errors[-1] + float(raised[gone]))
    order += np.flatnonzero(alive).tolist()
    return Elimination(np.array(order), np.array(errors) / max(moments.power, 1e-300))


def _with_ridge(moments: Matrix) -> Matrix:
    diagonal = np.diag(moments)
    return moments + np.diag(RIDGE * diagonal + 1e-12 * diagonal.mean())
