"""Having steps done by workers, in their order, as Dask schedules them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..process.text import one_line
from ..progress import Progress
from .cluster import RESOURCE, Cluster, lost_scheduler
from .step import Step, do_step

if TYPE_CHECKING:
    from distributed import Future

_LOST = ("cancelled", "lost")
"""States of work whose scheduler is gone."""


def run_steps(
    steps: Sequence[Step],
    cluster: Cluster,
    progress: Progress,
    on_step: Callable[[Step, str | None], object] = lambda step, failure: None,
) -> dict[Path, str]:
    """Has steps done whose results are not there yet.

    Args:
        steps: The steps, each after those that it needs.
        cluster: What does them.
        progress: Is told about them as one step.
        on_step: Is given each that has ended, with the reason where it failed.

    Returns:
        Why steps failed, by their results.

    Raises:
        TargetError: The scheduler is gone.
    """
    left = [step for step in steps if not step.is_done]
    failures: dict[Path, str] = {}
    if not left:
        return failures
    futures = _submitted(left, cluster)
    by_key = {future.key: step for step, future in futures.items()}
    from distributed import as_completed

    with progress.step("running the sweep", len(left)) as advance:
        for future in as_completed(list(futures.values()), loop=cluster.client.loop):
            step = by_key[future.key]
            failure = _failure(future, cluster)
            if failure is not None:
                failures |= dict.fromkeys(step.results, failure)
            on_step(step, failure)
            advance(1)
    return failures


def _submitted(steps: Sequence[Step], cluster: Cluster) -> dict[Step, Future[str | None]]:
    """Each step's future, in the scheduler's hands."""
    futures: dict[Step, Future[str | None]] = {}
    of_results: dict[Path, Future[str | None]] = {}
    run = int(time.time() * 1000)
    for number, step in enumerate(steps):
        needs = [of_results[path] for path in step.needs if path in of_results]
        after = [of_results[path] for path in step.after if path in of_results]
        options: dict[str, Any] = {}
        if step.place:
            options["resources"] = {f"{RESOURCE}{step.place}": 1}
        elif cluster.workers is not None:
            options["workers"] = list(cluster.workers)
        future = cluster.client.submit(
            _do_after,
            step,
            needs,
            after,
            key=f"lowformer-{run}-{number}",
            pure=False,
            **options,
        )
        futures[step] = future
        of_results |= dict.fromkeys(step.results, future)
    return futures


def _do_after(step: Step, needs: list[str | None], after: list[str | None]) -> str | None:
    """Does a step once others have ended; only those that it needs must have gone well."""
    return do_step(step, *needs)


def _failure(future: Future[str | None], cluster: Cluster) -> str | None:
    """Why a step failed; None where it did not.

    Raises:
        TargetError: The scheduler is gone.
    """
    if future.status in _LOST:
        raise lost_scheduler(cluster)
    if future.status == "error":
        error = future.exception()
        if type(error).__name__ == "KilledWorker":
            return "the process that did it died each time"
        return f"{type(error).__name__}: {one_line(error)}" if error else "it failed"
    try:
        return future.result()
    except Exception as error:
        raise lost_scheduler(cluster) from error
