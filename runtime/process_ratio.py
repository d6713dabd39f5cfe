"""The ratio of two files' times over several processes, so that it repeats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .measure.durations import LatencyResult, Ratio
from .student_t import quantile_995

BETWEEN_COMMANDS = 0.01
"""Standard deviation of the logarithm of a ratio from command to command, besides what its own
processes show: five commands on a shared machine, minutes apart, gave 0.8 % for B0."""

_NORMAL_995 = 2.576


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
