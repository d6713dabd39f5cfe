"""Having steps done by workers, each once what it hangs on has ended, as Dask schedules them."""

from __future__ import annotations

import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..process.text import one_line
from ..progress import Progress
from .cluster import Cluster
from .step import Step, do_step
from .step_queue import StepQueue
from .worker_watch import WorkerWatch

if TYPE_CHECKING:
    from distributed import Future

POLL_S = 0.02
"""Seconds between looks whether a step has ended."""

_LOST = ("cancelled", "lost")
"""States of work whose scheduler is gone."""


def run_steps(
    steps: Sequence[Step],
    cluster: Cluster,
    progress: Progress,
    on_step: Callable[[Step, str | None, int], object],
) -> dict[Path, str]:
    """Has steps done.

    Args:
        steps: The steps; what they wait for and none of them makes, is there already.
        cluster: What does them.
        progress: Is told about them as one step.
        on_step: Is given each that has ended, with the reason where it failed, and how many are
            being done.

    Returns:
        Why steps failed, by their results.

    Raises:
        TargetError: The scheduler is gone, or workers that are needed.
    """
    queue = StepQueue(steps)
    with progress.step("running the sweep", len(steps)) as advance:
        for step, failure, working in _ended(queue, cluster):
            on_step(step, failure, working)
            advance(1)
    return queue.failures


def _ended(queue: StepQueue, cluster: Cluster) -> Iterator[tuple[Step, str | None, int]]:
    """Has a queue's steps done; each as it ends, why it failed, and how many are being done.

    What steps wait for, this process keeps: to Dask a step that failed is none that has ended. And
    no more of them are in its hands than workers can do at once: all that a worker holds when it
    dies is under suspicion of having killed it.

    Raises:
        TargetError: The scheduler is gone, or workers that are needed.
    """
    from distributed import as_completed

    client, run = cluster.client, int(time.time() * 1000)
    steps: dict[str, Step] = {}
    waiting: dict[str, deque[Step]] = defaultdict(deque)
    at_work: Counter[str] = Counter()
    completed = as_completed(loop=client.loop)

    def submit() -> None:
        for step in queue.ready():
            waiting[step.place].append(step)
        computing = cluster.jobs()
        for place, ready in waiting.items():
            most = 1 if place else computing
            while ready and at_work[place] < most:
                step = ready.popleft()
                key = f"lowformer-{run}-{len(steps)}"
                steps[key] = step
                at_work[place] += 1
                resources = dict(cluster.resources(place))
                completed.add(
                    client.submit(do_step, step.alone(), key=key, pure=False, resources=resources)
                )

    submit()
    watch = WorkerWatch(cluster)
    while not completed.is_empty():
        if not completed.has_ready():
            watch.look([place for place, count in at_work.items() if count])
            time.sleep(POLL_S)
            continue
        future = next(completed)
        step = steps[future.key]
        failure = _failure(future, cluster)
        at_work[step.place] -= 1
        failed = queue.end(step, failure)
        submit()
        for one, reason in ((step, failure), *failed):
            yield one, reason, sum(at_work.values())


def _failure(future: Future[str | None], cluster: Cluster) -> str | None:
    """Why a step failed; None where it did not.

    Raises:
        TargetError: The scheduler is gone.
    """
    if future.status in _LOST:
        raise cluster.lost()
    if future.status == "error":
        error = future.exception()
        if type(error).__name__ == "KilledWorker":
            return "the process that did it died each time"
        return f"{type(error).__name__}: {one_line(error)}" if error else "it failed"
    with cluster.asked():
        return future.result()
