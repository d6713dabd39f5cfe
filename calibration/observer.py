"""Observers: from the values that an activation takes to its range."""

from __future__ import annotations

import abc
import functools
import math
from collections.abc import Callable

import torch
from torch import Tensor

from ..errors import UsageError
from .affine import affine_parameters
from .histogram import Histogram


class Observer(abc.ABC):
    """Sees an activation's values batch by batch and states a range (low, high)."""

    @abc.abstractmethod
    def update(self, values: Tensor) -> None:
        """Takes in one batch of finite values [N, ...]."""

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


class MovingAverageObserver(Observer):
    """Exponential moving average of each image's least and greatest value.

    This is what ai-edge-quantizer's own calibration does. It clips whatever few images hold,
    and is here for comparison.

    Args:
        momentum: Share of the old average that each image keeps.
    """

    def __init__(self, momentum: float = 0.95) -> None:
        if not 0 <= momentum < 1:
            raise UsageError(f"momentum must be in [0, 1), got {momentum:g}")
        self.momentum = momentum
        self._range: tuple[float, float] | None = None

    def update(self, values: Tensor) -> None:
        lows, highs = values.flatten(1).aminmax(dim=1)
        for low, high in zip(lows.tolist(), highs.tolist(), strict=True):
            if self._range is None:
                self._range = low, high
            old_low, old_high = self._range
            share = self.momentum
            self._range = (
                share * old_low + (1 - share) * low,
                share * old_high + (1 - share) * high,
            )

    def range(self) -> tuple[float, float]:
        assert self._range is not None
        return self._range


class HistogramObserver(Observer):
    """An observer that decides from the distribution of all values."""

    def __init__(self) -> None:
        self.histogram = Histogram()

    def update(self, values: Tensor) -> None:
        self.histogram.add(values)

    def range(self) -> tuple[float, float]:
        low, high = self.histogram.low, self.histogram.high
        return (low, high) if low == high else self.decide()

    @abc.abstractmethod
    def decide(self) -> tuple[float, float]:
        """The range, where the values differ."""


class PercentileObserver(HistogramObserver):
    """The range that holds the central ``percent`` of all values.

    Args:
        percent: Share of the values to keep, in (0, 100]; half of the rest is cut at each end.
    """

    def __init__(self, percent: float) -> None:
        super().__init__()
        if not 0 < percent <= 100:
            raise UsageError(f"percentile must be in (0, 100], got {percent:g}")
        self.percent = percent

    def decide(self) -> tuple[float, float]:
        if self.percent == 100:
            return self.histogram.low, self.histogram.high
        return self.histogram.quantile_range(self.percent)


class SearchingObserver(HistogramObserver):
    """Shrinks the full range from either end to where a loss is least.

    Each end in turn is moved over a grid of shares of its distance from 0, the other held,
    until neither moves any more.
    """

    STEPS = 64
    ROUNDS = 4

    def decide(self) -> tuple[float, float]:
        low, high = self.histogram.low, self.histogram.high
        shares = torch.arange(1, self.STEPS + 1, dtype=torch.float64) / self.STEPS
        best = low, high
        for _ in range(self.ROUNDS):
            before = best
            if high > 0:
                candidates = [(best[0], high * share) for share in shares.tolist()]
                best = min(candidates, key=lambda bounds: self.loss(*bounds))
            if low < 0:
                candidates = [(low * share, best[1]) for share in shares.tolist()]
                best = min(candidates, key=lambda bounds: self.loss(*bounds))
            if best == before:
                break
        return best

    @abc.abstractmethod
    def loss(self, low: float, high: float) -> float:
        """What is lost where values are quantized with this range."""


class MSEObserver(SearchingObserver):
    """The range with the least mean squared error of 8-bit quantization.

    The error of values inside is taken as that of values spread over many steps; where tails are
    so heavy that nearly all values share one step, the choice may be worse than min/max.
    """

    def decide(self) -> tuple[float, float]:
        kept = self.histogram.counts > 0
        self._values = self.histogram.centres()[kept]
        self._weights = self.histogram.counts[kept] / self.histogram.counts.sum()
        return super().decide()

    def loss(self, low: float, high: float) -> float:
        """Rounding error of values inside (step^2 / 12), and squared distance of those outside."""
        step = affine_parameters(low, high).scale
        outside = self._values - self._values.clamp(low, high)
        error = torch.where(outside == 0, step**2 / 12, outside.square())
        return float((error * self._weights).sum())


class EntropyObserver(SearchingObserver):
    """The range whose 8-bit distribution diverges least from the original (Kullback-Leibler).

    After S. Migacz, "8-bit inference with TensorRT" (2017), for ranges with two ends: values
    outside go to the outermost bins of the reference; the quantized distribution spreads each
    level's count evenly over those of its bins that hold values. As there, the heap of values
    at 0 that ReLU-like activations have does not count, since 0 is exact with any range.
    """

    LEVELS = 256

    def decide(self) -> tuple[float, float]:
        histogram = self.histogram
        self._counts = histogram.counts.clone()
        zero = math.floor(-histogram.start / histogram.width)
        if 0 < zero < histogram.BINS - 1:
            self._counts[zero] = (self._counts[zero - 1] + self._counts[zero + 1]) / 2
        elif 0 <= zero < histogram.BINS:
            self._counts[zero] = self._counts[1 if zero == 0 else -2]
        return super().decide()

    def loss(self, low: float, high: float) -> float:
        """The divergence in nats; infinite for ranges too narrow to need rounding."""
        histogram, counts = self.histogram, self._counts
        first = min(max(int((low - histogram.start) / histogram.width), 0), histogram.BINS - 1)
        last = min(max(int((high - histogram.start) / histogram.width), first), histogram.BINS - 1)
        if last - first < self.LEVELS:
            return math.inf
        inside = counts[first : last + 1]
        reference = inside.clone()
        reference[0] += counts[:first].sum()
        reference[-1] += counts[last + 1 :].sum()
        level = torch.arange(len(inside)) * self.LEVELS // max(len(inside), self.LEVELS)
        filled = (inside > 0).double()
        totals = torch.zeros(self.LEVELS, dtype=torch.float64).index_add(0, level, inside)
        bins = torch.zeros(self.LEVELS, dtype=torch.float64).index_add(0, level, filled)
        spread = (totals / bins.clamp_min(1))[level] * filled
        p, q = reference / reference.sum(), spread / spread.sum().clamp_min(1e-300)
        kept = p > 0
        return float((p[kept] * (p[kept] / q[kept].clamp_min(1e-12)).log()).sum())


def observer_factory(name: str) -> Callable[[], Observer]:
    """What makes a new observer for each tensor.

    Args:
        name: ``minmax``, ``mse``, ``entropy``, ``moving-average`` or ``percentile:99.99`` with
            any share in percent.

    Raises:
        UsageError: The name is unknown or the share is not a number in (0, 100].
    """
    plain: dict[str, Callable[[], Observer]] = {
        "minmax": MinMaxObserver,
        "mse": MSEObserver,
        "entropy": EntropyObserver,
        "moving-average": MovingAverageObserver,
    }
    if name in plain:
        return plain[name]
    kind, _, share = name.partition(":")
    if kind != "percentile":
        raise UsageError(
            f"observer {name!r} is unknown; choose one of {', '.join(plain)}, percentile:99.99"
        )
    try:
        percent = float(share)
    except ValueError as error:
        raise UsageError(f"observer {name!r}: {share!r} is not a percentage") from error
    factory = functools.partial(PercentileObserver, percent)
    factory()
    return factory
