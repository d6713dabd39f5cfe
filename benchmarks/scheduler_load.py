"""What a large sweep asks of Dask's scheduler: its real steps, without their work.

A hundred files on 50,000 images each, by 64 workers: eight processes of eight threads, as 64 would
not leave two cores for what is measured. Each step leaves empty files where its results would be.
Prints Markdown for docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import dataclasses
import pickle
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from distributed import Client, LocalCluster

from lowformer_edge.cli.terminal import TerminalProgress
from lowformer_edge.runtime.machine import describe_machine
from lowformer_edge.sweep.cell import cells_of
from lowformer_edge.sweep.cluster import Cluster
from lowformer_edge.sweep.engine import run_steps
from lowformer_edge.sweep.grid_file import grid_of
from lowformer_edge.sweep.plan import plan_sweep
from lowformer_edge.sweep.step import Step
from lowformer_edge.sweep.store import Store

MODELS = ("b0", "b1", "b1.5", "b2", "b3", "e1", "e2", "e3")
SIZES = (192, 224)
FORMATS = ("tflite", "executorch", "onnx")
IMAGES = 50_000
STEP_S = 60.0
"""What a part of the images takes for a small model, in seconds."""

PROCESSES = 8
"""Of the workers."""


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        planned = time.perf_counter()
        steps = _steps(Path(folder))
        planned = time.perf_counter() - planned
        sizes = [len(pickle.dumps(step.alone())) for step in steps]
        with (
            LocalCluster(
                n_workers=PROCESSES,
                threads_per_worker=options.workers // PROCESSES,
                memory_limit=0,
                dashboard_address=None,
                silence_logs="CRITICAL",
            ) as local,
            Client(local, set_as_default=False) as client,
        ):
            held: list[int] = []
            begun, used = time.perf_counter(), time.process_time()
            failures = run_steps(
                steps,
                Cluster(client, "workers without work"),
                TerminalProgress(),
                lambda step, failure, working: held.append(working),
            )
            wall, used = time.perf_counter() - begun, time.process_time() - used
    assert not failures, failures
    _report(options.workers, steps, sizes, held, planned, wall, used)


def _report(
    workers: int,
    steps: Sequence[Step],
    sizes: Sequence[int],
    held: Sequence[int],
    planned: float,
    wall: float,
    used: float,
) -> None:
    rate = len(steps) / wall
    print(f"{workers} workers. Machine: {', '.join(map(' '.join, describe_machine().items()))}.\n")
    print("| | |\n|---|---|")
    for name, value in (
        ("steps", f"{len(steps)}"),
        ("planning", f"{planned:.1f} s"),
        ("bytes of a step, mean and largest", f"{sum(sizes) / len(sizes):.0f}, {max(sizes)}"),
        ("steps with the scheduler at a time, at most", f"{max(held)}"),
        ("wall time without work", f"{wall:.1f} s, {rate:.0f} steps a second"),
        ("CPU time of scheduler and client", f"{1000 * used / len(steps):.1f} ms a step"),
        (f"workers that it keeps busy with steps of {STEP_S:g} s", f"{rate * STEP_S:.0f}"),
    ):
        print(f"| {name} | {value} |")


def _steps(folder: Path) -> list[Step]:
    """The steps of the sweep, each with another function."""
    images = folder / "images.npz"
    images.touch()
    grid = grid_of(
        {
            "models": [{"name": name, "random_weights": True} for name in MODELS],
            "sizes": list(SIZES),
            "formats": list(FORMATS),
            "evaluation": {"data": str(images), "count": IMAGES},
        }
    )
    cells, _ = cells_of(grid)
    plan = plan_sweep(grid, cells, Store(folder / "sweep"))
    return [
        dataclasses.replace(
            step, function=leave_results, argument=(step.results, step.argument), place=""
        )
        for step in plan.steps
    ]


def leave_results(argument: tuple[Sequence[Path], Any]) -> None:
    """Leaves empty files, and has been sent all that the step would have been."""
    results, _ = argument
    for path in results:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workers", type=int, default=64)
    return parser.parse_args()


if __name__ == "__main__":
    main()
