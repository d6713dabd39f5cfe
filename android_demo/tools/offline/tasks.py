"""Tasks that wait for one another, as many at a time as this machine has processors."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter

Task = Callable[[], object]


def run_tasks(tasks: Mapping[str, tuple[Collection[str], Task]]) -> None:
    """Runs every task after those that it waits for.

    Args:
        tasks: By name: the names of what it waits for, and what it does.

    Raises:
        Exception: What the first task raised that failed; those that had begun are waited for.
    """
    order = TopologicalSorter({name: waits for name, (waits, _) in tasks.items()})
    order.prepare()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        running: dict[Future[object], str] = {}
        while order.is_active():
            for name in order.get_ready():
                running[pool.submit(tasks[name][1])] = name
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                future.result()
                order.done(running.pop(future))
