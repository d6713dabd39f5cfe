"""Which cells are the best: within budgets, and of which no other is better in everything."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from ..artifact.results.sweep import PlaceResult, SweepResult, SweptResult
from ..errors import CheckError, UsageError

VALID = "valid"


@dataclasses.dataclass(frozen=True)
class Budget:
    """What a file may take and lose.

    Attributes:
        milliseconds: Of an inference, in nine of ten.
        megabytes: Of the file, in 10^6 bytes.
        max_drop: Points below the eager model.
        place: Where it is to run; the only one if None.
    """

    milliseconds: float | None = None
    megabytes: float | None = None
    max_drop: float | None = None
    place: str | None = None

    @property
    def is_given(self) -> bool:
        """Whether there is any."""
        return any(one is not None for one in (self.milliseconds, self.megabytes, self.max_drop))

    @property
    def texts(self) -> tuple[str, ...]:
        """Each in words."""
        words = (
            (self.milliseconds, "p90 at most {:g} ms"),
            (self.megabytes, "at most {:g} MB"),
            (self.max_drop, "at most {:g} points lost"),
        )
        return tuple(text.format(value) for value, text in words if value is not None)

    def keeps(self, cell: SweptResult, measured: PlaceResult) -> bool:
        """Whether a cell on a place is within all of them."""
        if self.milliseconds is not None and not (measured.p90_ms or 0) <= self.milliseconds:
            return False
        if self.megabytes is not None and not (cell.bytes or 0) <= 1e6 * self.megabytes:
            return False
        lost = cell.parity.drop if cell.parity else None
        return self.max_drop is None or (lost is not None and lost <= self.max_drop)


def accuracy_of(cell: SweptResult) -> float | None:
    """What the task measures of a cell, in points; None where that is not known."""
    if cell.random_weights or cell.parity is None or cell.parity.measured is None:
        return None
    return cell.parity.measured.value


def has_accuracy(result: SweepResult) -> bool:
    """Whether the accuracy of any cell is known."""
    return any(accuracy_of(cell) is not None for cell in result.cells)


def best_cell(result: SweepResult, budget: Budget) -> tuple[SweptResult, PlaceResult]:
    """The most accurate cell within budgets whose time means something; of equals the fastest.

    Raises:
        UsageError: There is no such place, or no accuracy to choose by.
        CheckError: No cell is within the budgets; the message tells the nearest.
    """
    place = _place(result, budget.place)
    known = [
        (cell, one)
        for cell in result.cells
        for one in cell.places
        if one.place == place and one.verdict == VALID and not cell.failures
    ]
    rated = [(cell, one) for cell, one in known if accuracy_of(cell) is not None]
    if not rated:
        raise UsageError(
            f"no cell on {place} has an accuracy and a valid time, of which budgets could choose;"
            " give trained weights and images with classes"
        )
    within = [(cell, one) for cell, one in rated if budget.keeps(cell, one)]
    if not within:
        nearest, one = min(rated, key=lambda pair: pair[1].p90_ms or 0)
        raise CheckError(
            f"no cell on {place} keeps {', '.join(budget.texts)}; the fastest, {nearest.name}, has"
            f" a p90 of {one.p90_ms:.3g} ms and {(nearest.bytes or 0) / 1e6:.2f} MB"
        )
    return max(within, key=lambda pair: (accuracy_of(pair[0]) or 0, -(pair[1].median_ms or 0)))


def _place(result: SweepResult, asked: str | None) -> str:
    """Where a budget holds.

    Raises:
        UsageError: There is no such place, or there are several.
    """
    places = list(dict.fromkeys(one.place for cell in result.cells for one in cell.places))
    if asked is None and len(places) == 1:
        return places[0]
    if asked not in places:
        raise UsageError(f"`on` must say where the budget holds: {', '.join(places) or 'nowhere'}")
    return asked


def places_of(result: SweepResult) -> list[tuple[str, int]]:
    """Every place with every number of threads."""
    return list(
        dict.fromkeys((one.place, one.threads) for cell in result.cells for one in cell.places)
    )


def cost_of(measured: PlaceResult) -> float | None:
    """What a file takes on a place: milliseconds, or million instructions where these count."""
    if measured.verdict == VALID:
        return measured.p90_ms
    if measured.verdict == "counted" and measured.instructions is not None:
        return measured.instructions / 1e6
    return None


def rated_on(result: SweepResult, place: str, threads: int) -> Iterator[tuple[SweptResult, float]]:
    """The cells on a place that have an accuracy and a cost, with that."""
    for cell in result.cells:
        for one in cell.places:
            cost = cost_of(one)
            is_rated = accuracy_of(cell) is not None and not cell.failures
            if (one.place, one.threads) == (place, threads) and is_rated and cost is not None:
                yield cell, cost


def pareto_front(rated: Sequence[tuple[SweptResult, float]]) -> list[tuple[SweptResult, float]]:
    """The cells of which no other costs less and is as accurate, from the cheapest on."""
    front: list[tuple[SweptResult, float]] = []
    for cell, cost in sorted(rated, key=lambda pair: (pair[1], -(accuracy_of(pair[0]) or 0))):
        if not front or (accuracy_of(cell) or 0) > (accuracy_of(front[-1][0]) or 0):
            front.append((cell, cost))
    return front
