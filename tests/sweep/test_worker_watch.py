"""How long a worker may be away."""

from __future__ import annotations

from typing import cast

import pytest

from lowformer_edge.errors import TargetError
from lowformer_edge.sweep.cluster import Cluster
from lowformer_edge.sweep.worker_watch import GONE_S, LOOK_S, WorkerWatch

from ..clock import Clock


class Workers:
    """Stands in for a cluster, whose workers come and go at a word."""

    name = "there"
    places = frozenset({"", "host"})

    def has_worker(self, place: str) -> bool:
        return place in self.places


def test_a_worker_that_comes_back_in_time_is_no_loss() -> None:
    workers, clock = Workers(), Clock()
    watch = WorkerWatch(cast(Cluster, workers), clock)
    for step in range(100):
        workers.places = frozenset({""}) if step % 2 else frozenset({"", "host"})
        clock.now += 0.9 * GONE_S
        watch.look(["", "host"])


def test_one_that_stays_away_is() -> None:
    workers, clock = Workers(), Clock()
    watch = WorkerWatch(cast(Cluster, workers), clock)
    clock.now += LOOK_S
    watch.look(["host"])
    workers.places = frozenset({""})
    clock.now += GONE_S
    watch.look(["host"])
    clock.now += LOOK_S
    watch.look([""])
    clock.now += LOOK_S
    with pytest.raises(TargetError, match="there: no worker measures on host any more"):
        watch.look(["host"])
