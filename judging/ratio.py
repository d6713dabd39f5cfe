"""The ratio of two files' times, with its interval: in one process, and over several."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Sequence

import numpy as np

from ..runtime.measure.durations import LatencyResult

BETWEEN_COMMANDS = 0.01
"""Standard deviation of the logarithm of a ratio from command to command, besides what its own
processes show: five commands on a shared machine, minutes apart, gave 0.8 % for B0."""

BOOTSTRAP_SAMPLES = 2000
BLOCKS = 10

_NORMAL_995 = statistics.NormalDist().inv_cdf(0.995)

# fmt: off
_STUDENT_995 = (
    63.657, 9.925, 5.841, 4.604, 4.032, 3.707, 3.499, 3.355, 3.250, 3.169,
    3.106, 3.055, 3.012, 2.977, 2.947, 2.921, 2.898, 2.878, 2.861, 2.845,
    2.831, 2.819, 2.807, 2.797, 2.787, 2.779, 2.771, 2.763, 2.756, 2.750,
)
# fmt: on
"""Of Student's t, for 1 to 30 degrees of freedom."""


@dataclasses.dataclass(frozen=True)
class Ratio:
    """A ratio of medians with its interval; what kind it is, its maker states."""

    value: float
    low: float
    high: float


def ratio(result: LatencyResult, reference: LatencyResult, seed: int = 0) -> Ratio:
    """Median over median, for two results that were timed in turns in one process.

    The interval is the percentile bootstrap's of 95 % (Efron 1979). Whole rounds are drawn, because
    the runs of one share the machine's state, and blocks of a tenth of all rounds in a row, which
    wrap around at the end (the circular block bootstrap, Politis and Romano 1992), because a
    machine that is busy stays so for a while. It knows nothing of how other processes differ, see
    :func:`process_ratio`.
    """
    ours, theirs = result.milliseconds, reference.milliseconds
    if len(ours) != len(theirs) or len(ours) == 0:
        raise ValueError("a ratio needs results of the same rounds")
    generator = np.random.default_rng(seed)
    block = max(1, len(ours) // BLOCKS)
    starts = generator.integers(0, len(ours), (BOOTSTRAP_SAMPLES, -(-len(ours) // block), 1))
    drawn = (starts + np.arange(block)).reshape(BOOTSTRAP_SAMPLES, -1)[:, : len(ours)] % len(ours)
    ratios = np.median(ours[drawn], axis=1) / np.median(theirs[drawn], axis=1)
    low, high = np.percentile(ratios, (2.5, 97.5))
    return Ratio(result.median / reference.median, float(low), float(high))


def process_ratio(ours: Sequence[LatencyResult], theirs: Sequence[LatencyResult]) -> Ratio:
    """The ratio of medians, from processes of which each timed both in turns.

    Runs of one process share where its memory lies, which moves a ratio by percents for as long
    as the process lives; more runs do not show that. So each process counts as one figure: the
    logarithm of its own ratio of medians. Their mean gives the ratio. A t statistic over the
    figures of few clusters holds whatever goes on within them, and errs to the safe side where
    their variances differ (Ibragimov and Müller 2010).

    The interval is that in which the same command's ratio lands again with 99 % probability: the
    prediction interval for the mean of as many further figures, mean +- t s sqrt(1/n + 1/n) (Hahn
    1969). It is wider by the root of 2 than a confidence interval, which two runs of the
    same command would leave too often. It is 99 %, since comparing five runs takes twenty
    looks at an interval. What a machine does over minutes, a command of seconds cannot see:
    that is added as :data:`BETWEEN_COMMANDS`, of both commands, in squares.

    Args:
        ours: Durations, by process.
        theirs: The reference's, by process.

    Raises:
        ValueError: There are fewer than two processes, or not the same ones.
    """
    count = len(ours)
    if count != len(theirs) or count < 2:
        raise ValueError("a ratio over processes needs the same two or more processes")
    figures = np.log([ours[i].median / theirs[i].median for i in range(count)])
    mean = float(figures.mean())
    within = quantile_995(count - 1) * float(figures.std(ddof=1)) * np.sqrt(2 / count)
    # A file's ratio to itself is 1, whenever it is taken.
    between = _NORMAL_995 * BETWEEN_COMMANDS * np.sqrt(2) if figures.any() else 0.0
    half = np.hypot(within, between)
    return Ratio(float(np.exp(mean)), float(np.exp(mean - half)), float(np.exp(mean + half)))


def quantile_995(degrees: int) -> float:
    """What t stays below with 99.5 %, so that 99 % lie between it and its negative.

    From the tables (Student 1908); beyond 30 degrees of freedom the value for 30, which is at most
    7 % too large.

    Raises:
        ValueError: There are no degrees of freedom.
    """
    if degrees < 1:
        raise ValueError("an interval needs at least two figures")
    return _STUDENT_995[min(degrees, len(_STUDENT_995)) - 1]
