"""Whether there is a worker for what is to be done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from ..errors import TargetError
from .cluster import WORKERS_S, Cluster

LOOK_S = 5.0
"""Seconds between looks."""

GONE_S = WORKERS_S
"""For how long a worker may be away, as one is that is started again."""


class WorkerWatch:
    """Gives up where no worker is left that could do a step.

    Args:
        cluster: The workers.
        clock: Seconds.
    """

    def __init__(self, cluster: Cluster, clock: Callable[[], float] = time.monotonic) -> None:
        self._cluster, self._clock = cluster, clock
        self._looked = clock()
        self._seen: dict[str, float] = {}

    def look(self, places: Iterable[str]) -> None:
        """Looks for workers, unless it did a moment ago.

        Args:
            places: Where steps measure that are to be done; empty texts for those that do not.

        Raises:
            TargetError: There has been no worker for one of them for a while, or the scheduler is
                gone.
        """
        now = self._clock()
        if now < self._looked + LOOK_S:
            return
        self._looked = now
        for place in places:
            if self._cluster.has_worker(place):
                self._seen[place] = now
            elif now > self._seen.setdefault(place, now) + GONE_S:
                needed = f"measures on {place}" if place else "is left"
                raise TargetError(
                    f"{self._cluster.name}: no worker {needed} any more; what was done is kept, run"
                    " the same again"
                )
