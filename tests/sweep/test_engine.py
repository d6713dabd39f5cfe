"""Steps done by real workers."""

from __future__ import annotations

import os
from pathlib import Path

from lowformer_edge.progress import QUIET
from lowformer_edge.sweep.cluster import local_cluster
from lowformer_edge.sweep.engine import run_steps
from lowformer_edge.sweep.step import Step


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
    with local_cluster(1, [], tmp_path / "scratch") as cluster:
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
