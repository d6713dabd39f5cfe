"""A scheduler and workers of their own: the same results, and nothing lost when they die."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import Client

from lowformer_edge.artifact.results.sweep import SweepResult
from lowformer_edge.errors import TargetError, UsageError
from lowformer_edge.runtime.machine import describe_machine
from lowformer_edge.sweep import cluster as cluster_module
from lowformer_edge.sweep.cell import cells_of
from lowformer_edge.sweep.cluster import MODULES, machine_with, remote_cluster
from lowformer_edge.sweep.grid import Grid
from lowformer_edge.sweep.grid_file import grid_of
from lowformer_edge.sweep.plan import plan_sweep
from lowformer_edge.sweep.store import Store
from lowformer_edge.sweep.sweeping import sweep

from .dask_processes import DaskProcesses, dask_cluster

PATIENCE_S = 600.0
"""For how long a sweep's first results are waited for, however busy the machine is."""


def judged(result: SweepResult) -> list[object]:
    """What does not hang on how long anything took, nor on which machine."""
    fields = {"name", "key", "bytes", "parity", "drop", "failures"}
    return [cell.model_dump(include=fields) for cell in result.cells]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskProcesses]:
    with dask_cluster(tmp_path_factory.mktemp("dask"), 2) as processes:
        yield processes


@pytest.mark.heavy
def test_results_are_those_of_this_machines_workers(
    swept: SweepResult, grid: Grid, cluster: DaskProcesses, tmp_path: Path
) -> None:
    there = sweep(grid, tmp_path / "sweep", cluster=cluster.address)
    assert judged(there) == judged(swept)
    assert all(cell.places[0].median_ms for cell in there.cells)


@pytest.mark.heavy
def test_a_killed_worker_is_made_up_for(grid: Grid, tmp_path: Path, swept: SweepResult) -> None:
    folder = tmp_path / "dask"
    folder.mkdir()
    with dask_cluster(folder, 2) as processes:

        def kill_one() -> None:
            wait_for(tmp_path / "sweep" / "cells")
            processes.kill("worker-1")
            processes.start_worker("worker-2")

        killer = threading.Thread(target=kill_one)
        killer.start()
        found = sweep(grid, tmp_path / "sweep", cluster=processes.address)
        killer.join()
    assert judged(found) == judged(swept)


@pytest.mark.heavy
def test_a_killed_scheduler_loses_nothing(grid: Grid, tmp_path: Path, swept: SweepResult) -> None:
    folder, output = tmp_path / "dask", tmp_path / "sweep"
    folder.mkdir()
    with dask_cluster(folder, 1) as processes:

        def kill_scheduler() -> None:
            wait_for(output / "exports")
            processes.kill("scheduler")

        killer = threading.Thread(target=kill_scheduler)
        killer.start()
        with pytest.raises(TargetError, match="the scheduler is gone; what was done is kept"):
            sweep(grid, output, cluster=processes.address)
        killer.join()
    kept = {path.name: path.stat().st_mtime_ns for path in (output / "exports").iterdir()}
    assert kept
    found = sweep(grid, output, jobs=2)
    assert judged(found) == judged(swept)
    after = {path.name: path.stat().st_mtime_ns for path in (output / "exports").iterdir()}
    assert kept.items() <= after.items()


def wait_for(folder: Path) -> None:
    """Until something is in a folder."""
    end = time.monotonic() + PATIENCE_S
    while not (folder.is_dir() and any(folder.iterdir())):
        assert time.monotonic() < end, f"nothing comes to {folder}"
        time.sleep(0.05)


def test_a_scheduler_that_is_not_there(
    grid: Grid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_module, "CONNECT_S", 1.0)
    with pytest.raises(UsageError, match=r"tcp://127\.0\.0\.1:9: no scheduler answers within 1 s"):
        sweep(grid, tmp_path / "sweep", cluster="tcp://127.0.0.1:9")


def test_a_place_that_no_worker_measures_on(
    grid: Grid, cluster: DaskProcesses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_module, "CONNECT_S", 1.0)
    elsewhere = grid.model_copy(update={"places": ("ssh:pi",)})
    with pytest.raises(UsageError, match=r"no worker measures on ssh:pi; start one .*ssh:pi=1"):
        sweep(elsewhere, tmp_path / "sweep", cluster=cluster.address)


@pytest.mark.parametrize(("workers", "each"), [(2, 1), (1, 2)])
def test_a_place_where_several_steps_would_be_at_a_time(
    grid: Grid, tmp_path: Path, workers: int, each: int
) -> None:
    folder = tmp_path / "dask"
    folder.mkdir()
    with dask_cluster(folder, 0) as processes:
        for number in range(workers):
            processes.start_worker(f"worker-{number}", "--resources", f"lowformer:host={each}")
        with Client(processes.address, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)
        with pytest.raises(UsageError, match=r"2 steps at a time would measure on host \(tcp://"):
            sweep(grid, tmp_path / "sweep", cluster=processes.address)


def test_this_machine_is_that_of_the_worker_that_measures(
    cluster: DaskProcesses, tmp_path: Path
) -> None:
    with remote_cluster(cluster.address, ["onnx"], ["host"], tmp_path) as workers:
        assert machine_with(workers, "host") == describe_machine()


def test_times_on_another_machine_are_others(grid: Grid, tmp_path: Path) -> None:
    cells, _ = cells_of(grid)
    store = Store(tmp_path)
    here, there = (
        {step.name: step.results for step in plan_sweep(grid, cells, store, machine).steps}
        for machine in (None, {"processor": "another"})
    )
    different = {name for name in here if here[name] != there[name]}
    assert different == {"demo-onnx-fp32: host, 1 thread(s)", "demo-onnx-int8: host, 1 thread(s)"}


def test_workers_of_another_version(
    grid: Grid, cluster: DaskProcesses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_module, "__version__", "9.9")
    with pytest.raises(UsageError, match=r"has lowformer-edge .*, and this is 9\.9; install the"):
        sweep(grid, tmp_path / "sweep", cluster=cluster.address)


def test_workers_without_what_a_format_needs(
    grid: Grid, cluster: DaskProcesses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MODULES, "onnx", ("onnxscript", "no_such_package"))
    with pytest.raises(UsageError, match="has no no_such_package; install lowformer-edge"):
        sweep(grid, tmp_path / "sweep", cluster=cluster.address)


def test_workers_without_the_package(
    grid: Grid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the package's code cannot be read, as another's who runs the worker."""
    folder = tmp_path / "dask"
    folder.mkdir()
    with dask_cluster(folder, 0) as processes:
        processes.start_worker("bare", blocked=True)
        with pytest.raises(UsageError, match=r"has no lowformer-edge \(.*; install it"):
            sweep(grid, tmp_path / "sweep", cluster=processes.address)


def test_weights_that_a_worker_does_not_see(cluster: DaskProcesses, tmp_path: Path) -> None:
    grid = grid_of({"models": {"weights": str(tmp_path / "none.safetensors")}})
    with pytest.raises(UsageError, match=r"none\.safetensors"):
        sweep(grid, tmp_path / "sweep", cluster=cluster.address)


def test_jobs_are_of_this_machine(grid: Grid, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="`jobs` are of this machine"):
        sweep(grid, tmp_path / "sweep", jobs=2, cluster="tcp://127.0.0.1:9")
