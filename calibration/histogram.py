"""A histogram of values that come in batches, of fixed size whatever their range."""

from __future__ import annotations

import torch
from torch import Tensor


class Histogram:
    """Counts values in bins of equal width.

    Where a batch leaves the covered range, the range is doubled and neighbouring bins are
    merged. The bins in use are therefore always more than half of all, except where single
    values lie far from the rest.

    Attributes:
        counts: Number of values per bin, float64 [BINS].
        start: Lower edge of the first bin.
        width: Width of a bin; 0 before the first value.
        low: Least value seen.
        high: Greatest value seen.
    """

    BINS = 4096

    def __init__(self) -> None:
        self.counts = torch.zeros(self.BINS, dtype=torch.float64)
        self.start = self.width = 0.0
        self.low, self.high = float("inf"), float("-inf")

    def add(self, values: Tensor) -> None:
        """Counts finite values of any shape."""
        least, greatest = (bound.item() for bound in torch.aminmax(values))
        self.low, self.high = min(self.low, least), max(self.high, greatest)
        if self.width == 0:
            span = self.high - self.low or max(abs(self.low), 1.0)
            self.start, self.width = self.low, span * 1.0001 / self.BINS
        while self.low < self.start:
            self.start -= self.width * self.BINS
            self._merge(torch.cat([torch.zeros_like(self.counts), self.counts]))
        while self.high > self.start + self.width * self.BINS:
            self._merge(torch.cat([self.counts, torch.zeros_like(self.counts)]))
        bins = ((values.detach().flatten().double() - self.start) / self.width).long()
        self.counts += torch.bincount(bins.clamp_(0, self.BINS - 1), minlength=self.BINS)

    def _merge(self, counts: Tensor) -> None:
        """Takes over twice as many counts, two to a bin."""
        self.counts = counts.reshape(-1, 2).sum(1)
        self.width *= 2

    def centres(self) -> Tensor:
        """The middle of each bin, float64 [BINS]."""
        return self.start + self.width * (torch.arange(self.BINS, dtype=torch.float64) + 0.5)

    def quantile_range(self, percent: float) -> tuple[float, float]:
        """The range of the central ``percent`` of all values, to one bin."""
        shares = self.counts.cumsum(0) / self.counts.sum()
        cut = (100 - percent) / 200
        first = int(torch.searchsorted(shares, cut, right=True))
        last = int(torch.searchsorted(shares, 1 - cut))
        return (
            max(self.low, self.start + first * self.width),
            min(self.high, self.start + (last + 1) * self.width),
        )
