"""Steps done by real workers."""

from __future__ import annotations

import os
from pathlib import Path

import dask
import pytest
from distributed import Client

from lowformer_edge.errors import TargetError
from lowformer_edge.progress import QUIET
from lowformer_edge.sweep import worker_watch
from lowformer_edge.sweep.cluster import Cluster, local_cluster
from lowformer_edge.sweep.engine import run_steps
from lowformer_edge.sweep.step import Step

from .dask_processes import dask_cluster


def touched(path: Path, *, needs: tuple[Path, ...] = (), after: tuple[Path, ...] = ()) -> Step:
    """A step that makes an empty file."""
    return Step(path.name, Path.touch, path, (path,), needs, after)


def test_a_step_that_kills_its_worker_fails_alone(tmp_path: Path) -> None:
    killed = tmp_path / "killed"
    needing = touched(tmp_path / "needing", needs=(killed,))
    steps = [
        Step("killing", os._exit, 1, (killed,)),
        touched(tmp_path / "beside"),
        touched(tmp_path / "later", after=(killed,)),
        needing,
        touched(tmp_path / "much later", after=needing.results),
    ]
    ended: dict[str, str | None] = {}
    with (
        # As on a busy machine, where it takes longer than Dask waits that a worker is there again.
        dask.config.set({"distributed.deploy.lost-worker-timeout": "1ms"}),
        local_cluster(1, [], tmp_path / "scratch") as cluster,
    ):
        failures = run_steps(
            steps, cluster, QUIET, lambda step, failure, working: ended.update({step.name: failure})
        )
    died, needed = "the process that did it died each time", "what it needs failed"
    assert failures == {killed: died, needing.results[0]: needed}
    assert ended == {
        "killing": died,
        "beside": None,
        "later": None,
        "needing": needed,
        "much later": None,
    }
    assert {path.name for path in tmp_path.iterdir()} == {
        "beside",
        "later",
        "much later",
        "scratch",
    }


@pytest.mark.parametrize(
    ("place", "message"),
    [("", "no worker is left any more"), ("ssh:pi", "no worker measures on ssh:pi any more")],
)
def test_without_workers_it_ends(
    place: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_watch, "LOOK_S", 0.1)
    monkeypatch.setattr(worker_watch, "GONE_S", 1.0)
    folder = tmp_path / "dask"
    folder.mkdir()
    with dask_cluster(folder, 1) as processes:
        if not place:
            processes.kill("worker-0")
        with (
            Client(processes.address, set_as_default=False) as client,
            pytest.raises(TargetError, match=f"{message}; what was done is kept, run the same"),
        ):
            step = Step("late", Path.touch, tmp_path / "late", (tmp_path / "late",), place=place)
            run_steps([step], Cluster(client, "there"), QUIET, lambda *ended: None)
    assert not (tmp_path / "late").exists()
