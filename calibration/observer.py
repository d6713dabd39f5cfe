"""Observers: from the values that an activation takes to its range."""

from __future__ import annotations

import abc
import functools
from collections.abc import Callable

import torch
from torch import Tensor

from ..errors import UsageError


class Observer(abc.ABC):
    """Sees an activation's values batch by batch and states a range (low, high)."""

    @abc.abstractmethod
    def update(self, values: Tensor) -> None:
        """Takes in one batch of finite values of any shape."""

    @abc.abstractmethod
    def range(self) -> tuple[float, float]:
        """The range of what was seen; needs at least one update."""


class MinMaxObserver(Observer):
    """The least and the greatest value over all batches."""

    def __init__(self) -> None:
        self._low, self._high = float("inf"), float("-inf")

    def update(self, values: Tensor) -> None:
        low, high = torch.aminmax(values)
        self._low = min(self._low, low.item())
        self._high = max(self._high, high.item())

    def range(self) -> tuple[float, float]:
        return self._low, self._high


class PercentileObserver(Observer):
    """The range that holds the central ``percent`` of all values.

    Values are counted in a histogram of fixed size. Where a batch leaves its range, the range
    is doubled and neighbouring bins are merged, so the result is exact to one bin, which is
    less than 1/512 of the range of all values.

    Args:
        percent: Share of the values to keep, in (0, 100]; half of the rest is cut at each end.
    """

    BINS = 4096

    def __init__(self, percent: float) -> None:
        if not 0 < percent <= 100:
            raise UsageError(f"percentile must be in (0, 100], got {percent:g}")
        self.percent = percent
        self._extremes = MinMaxObserver()
        self._low = self._width = 0.0
        self._counts = torch.zeros(self.BINS, dtype=torch.float64)

    def update(self, values: Tensor) -> None:
        self._extremes.update(values)
        low, high = self._extremes.range()
        if self._width == 0:
            self._start(low, high)
        while low < self._low:
            self._low -= self._width * self.BINS
            self._counts = torch.cat([torch.zeros_like(self._counts), self._counts])
            self._merge()
        while high > self._low + self._width * self.BINS:
            self._counts = torch.cat([self._counts, torch.zeros_like(self._counts)])
            self._merge()
        bins = ((values.detach().flatten().double() - self._low) / self._width).long()
        self._counts += torch.bincount(bins.clamp_(0, self.BINS - 1), minlength=self.BINS)

    def _start(self, low: float, high: float) -> None:
        """Sets the bins so that the first batch's values fill at least half of them."""
        span = high - low or max(abs(low), 1.0)
        self._low, self._width = low, span * 1.0001 / self.BINS

    def _merge(self) -> None:
        self._counts = self._counts.reshape(-1, 2).sum(1)
        self._width *= 2

    def range(self) -> tuple[float, float]:
        low, high = self._extremes.range()
        if self.percent == 100 or low == high:
            return low, high
        shares = self._counts.cumsum(0) / self._counts.sum()
        cut = (100 - self.percent) / 200
        first = int(torch.searchsorted(shares, cut, right=True))
        last = int(torch.searchsorted(shares, 1 - cut))
        return (
            max(low, self._low + first * self._width),
            min(high, self._low + (last + 1) * self._width),
        )


def observer_factory(name: str) -> Callable[[], Observer]:
    """What makes a new observer for each tensor.

    Args:
        name: ``minmax``, or ``percentile:99.99`` with any share in percent.

    Raises:
        UsageError: The name is unknown or the share is not a number in (0, 100].
    """
    if name == "minmax":
        return MinMaxObserver
    kind, _, share = name.partition(":")
    if kind != "percentile":
        raise UsageError(f"observer {name!r} is unknown; choose minmax or percentile:99.99")
    try:
        percent = float(share)
    except ValueError as error:
        raise UsageError(f"observer {name!r}: {share!r} is not a percentage") from error
    factory = functools.partial(PercentileObserver, percent)
    factory()
    return factory
