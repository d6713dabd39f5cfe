"""A sweep: which file of which model, at which size and precision, on which place."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..artifact.replacement import BUNDLE, check_replaceable
from ..artifact.results.sweep import BestResult, SweepResult
from ..errors import UsageError
from ..judging.links import HOST
from ..models.hub import is_hub_reference
from ..process.apart.job_count import job_count
from ..process.replacing import replaced_file, replaced_folder
from ..process.system_limit import scratch_folder
from ..progress import QUIET, Progress
from ..workflows.arguments import check_counts
from ..workflows.defaults import WORKER_BYTES
from .budget import Budget, best_cell
from .cell import Cell, cells_of
from .cluster import Cluster, check_seen, local_cluster, machine_with, remote_cluster
from .engine import run_steps
from .grid import Grid
from .outcome import is_invalid, outcome_of
from .page import page_of
from .plan import Plan, plan_sweep
from .step import Step
from .store import PAGE, RESULT, TABLE, Store
from .table import table_of
from .tally import Tally

BEST = "best"
"""Where the bundle of the cell that was chosen goes, in the sweep's folder."""


def sweep(
    grid: Grid,
    output: str | Path,
    *,
    jobs: int | None = None,
    cluster: str | None = None,
    budget: Budget | None = None,
    retry_invalid: bool = False,
    progress: Progress = QUIET,
) -> SweepResult:
    """Exports, judges and times every cell of a grid.

    What is done is kept in the folder piece by piece: the same call goes on where an earlier one
    was stopped, and does again only what hangs on something that has changed.

    Args:
        grid: What to go through.
        output: The sweep's folder; on a cluster all workers must see it.
        jobs: How many processes work at a time on this machine; as cores and memory allow if None.
        cluster: A scheduler of Dask's whose workers do the work, such as
            ``tcp://scheduler:8786``.
        budget: What the best cell must keep; its bundle goes to ``best`` in the folder.
        retry_invalid: Whether times of an earlier call that are INVALID are taken again.
        progress: Is told about each step, and of each cell that is done.

    Returns:
        Every cell with what was found out; failures are in it.

    Raises:
        UsageError: The grid asks for nothing that exists, or workers cannot do it.
        CheckError: No cell is within the budget.
        TargetError: The scheduler is gone.
    """
    if jobs is not None and cluster is not None:
        raise UsageError("`jobs` are of this machine, and `cluster` has its own; leave one")
    if jobs is not None:
        check_counts(jobs=jobs)
    cells, left_out = cells_of(grid)
    for line in left_out:
        progress.note(f"left out: {line}")
    store = Store(Path(output).absolute())
    with store.opened():
        if cluster is None:
            plan = _planned(grid, cells, store, None, retry_invalid)
            failures = _run_here(plan, grid, jobs, progress)
        else:
            with remote_cluster(cluster, grid.formats, grid.places, store.folder) as workers:
                check_seen(workers, _paths(grid))
                host = machine_with(workers, HOST) if HOST in grid.places else None
                plan = _planned(grid, cells, store, host, retry_invalid)
                failures = _run_on(workers, plan, plan.left(), progress)
        result = outcome_of(plan, store, failures, left_out)
        write_outcome(result, store)
        if budget is not None and budget.is_given:
            result = result.model_copy(update={"best": _write_best(result, budget, store)})
            write_outcome(result, store)
    return result


def _planned(
    grid: Grid,
    cells: Sequence[Cell],
    store: Store,
    machine: Mapping[str, str] | None,
    retry_invalid: bool,
) -> Plan:
    """What is to be done; INVALID times are forgotten before, if they are to be taken again."""
    plan = plan_sweep(grid, cells, store, machine)
    if retry_invalid:
        for one in plan.timed:
            if is_invalid(one):
                one.result.unlink()
    return plan


def _run_here(plan: Plan, grid: Grid, jobs: int | None, progress: Progress) -> dict[Path, str]:
    """Has all steps done by workers of this machine; why some failed, by their results."""
    left = plan.left()
    if not left:
        return {}
    most = max(1, sum(not step.place for step in left))
    count = job_count(jobs, most, WORKER_BYTES)
    with scratch_folder() as scratch, local_cluster(count, grid.places, scratch) as workers:
        return _run_on(workers, plan, left, progress)


def _run_on(
    cluster: Cluster, plan: Plan, left: Sequence[Step], progress: Progress
) -> dict[Path, str]:
    """Has the steps done that are left; why some failed, by their results."""
    if not left:
        return {}
    tally = Tally(plan, left, cluster.jobs())

    def count(step: Step, failure: str | None, working: int) -> None:
        if failure is not None:
            progress.note(f"{step.name}: {failure}")
        for cell in tally.count(step, failure):
            progress.tell(f"{cell.name} is done: {tally.told(working)}")

    return run_steps(left, cluster, progress, count)


def _paths(grid: Grid) -> dict[str, Path]:
    """Files and folders that workers read, by what they are."""
    paths = {}
    for model in grid.models:
        if model.weights is not None and not is_hub_reference(model.weights):
            paths[f"weights of {model.shown_name}"] = model.weights
        if model.config is not None:
            paths[f"config of {model.shown_name}"] = model.config
    for name, images in (("calibration", grid.calibration), ("evaluation", grid.evaluation)):
        if images.data is not None and "://" not in images.data:
            paths[f"{name} images"] = Path(images.data)
        if images.labels is not None:
            paths[f"{name} labels"] = images.labels
    return paths


def _write_best(result: SweepResult, budget: Budget, store: Store) -> BestResult:
    """Copies the best cell's bundle."""
    cell, measured = best_cell(result, budget)
    assert cell.bundle is not None
    place = store.folder / BEST
    check_replaceable(place, overwrite=True)
    with replaced_folder(place, BUNDLE) as folder:
        shutil.copytree(cell.bundle, folder, dirs_exist_ok=True)
    return BestResult(
        name=cell.name,
        place=measured.place,
        threads=measured.threads,
        budgets=budget.texts,
        bundle=str(place),
    )


def write_outcome(result: SweepResult, store: Store) -> None:
    """Writes all that was found out, as JSON, as a table and as a page."""
    for name, content in (
        (RESULT, result.model_dump_json(indent=1) + "\n"),
        (TABLE, table_of(result)),
        (PAGE, page_of(result)),
    ):
        with replaced_file(store.folder / name) as temporary:
            temporary.write_text(content, encoding="utf-8", newline="")
