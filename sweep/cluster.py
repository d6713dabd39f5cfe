"""Workers: Dask's, on this machine's cores, or those of a scheduler that somebody else started."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import os
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing import resource_tracker
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import MissingDependencyError, TargetError, UsageError
from ..process.interrupt import unheard_interrupt
from ..process.native_output import captured_output
from ..process.text import one_line, printable
from ..runtime.machine import describe_machine
from ..version import __version__

if TYPE_CHECKING:
    from distributed import Client

RESOURCE = "lowformer:"
"""Begins the name of the resource by which one step at a time has a place, as Dask knows it."""

_COMPUTING = {f"{RESOURCE}computing": 1}
"""What workers of this machine have but for the one that measures.

Not their names: to Dask these are addresses, and a worker that is started again has another one.
"""

_HERE = "127.0.0.1"

CONNECT_S = 10.0
"""For how long a scheduler is waited for."""

WORKERS_S = 300.0
"""For how long workers of this machine are waited for, which load a few packages as they start."""


MODULES: Mapping[str, tuple[str, ...]] = {
    "tflite": ("litert_torch", "ai_edge_litert"),
    "executorch": ("executorch", "torchao"),
    "onnx": ("onnxscript", "onnxruntime"),
    "coreml": ("coremltools",),
    "qnn": ("onnxscript", "onnxruntime"),
}
"""What workers need for formats, beside what all do."""


@dataclasses.dataclass(frozen=True)
class Cluster:
    """Workers that are there.

    Attributes:
        client: Dask's.
        name: What messages call it.
        computing: Dask's resources that a step takes which measures nothing; any worker does it if
            there are none.
        workers: How many have these; all threads of all workers if None.
    """

    client: Client
    name: str
    computing: Mapping[str, float] = dataclasses.field(default_factory=dict)
    workers: int | None = None

    def jobs(self) -> int:
        """How many steps that measure nothing are done at a time, now.

        Raises:
            TargetError: The scheduler is gone.
        """
        if self.workers is not None:
            return self.workers
        with self.asked():
            return max(1, sum(self.client.nthreads().values()))

    def resources(self, place: str) -> Mapping[str, float]:
        """Dask's resources that a step takes.

        Args:
            place: Where it measures; empty if nowhere.
        """
        return {f"{RESOURCE}{place}": 1} if place else self.computing

    def has_worker(self, place: str) -> bool:
        """Whether there is a worker for such a step.

        Raises:
            TargetError: The scheduler is gone.
        """
        needed = self.resources(place).keys()
        with self.asked():
            return any(needed <= had.keys() for had in _resources(self.client).values())

    @contextlib.contextmanager
    def asked(self) -> Iterator[None]:
        """Lets its scheduler be asked within the block.

        Raises:
            TargetError: The scheduler is gone.
        """
        try:
            yield
        except Exception as error:  # Dask has no class of its own for it
            raise self.lost() from error

    def lost(self) -> TargetError:
        """What is said where its scheduler is gone."""
        return TargetError(
            f"{self.name}: the scheduler is gone; what was done is kept, run the same again"
        )


@contextlib.contextmanager
def local_cluster(jobs: int, places: Sequence[str], scratch: Path) -> Iterator[Cluster]:
    """Workers on this machine, each with one thread, and one that measures.

    Args:
        jobs: How many.
        places: Where it is measured.
        scratch: Where workers keep what passes.

    Raises:
        MissingDependencyError: Dask is not installed.
        TargetError: The workers do not start.
    """
    _check_dask()
    import dask
    from distributed import Client, Nanny, Scheduler, SpecCluster

    # Nothing is reached from other machines, Dask's pages neither.
    here = {"host": _HERE, "dashboard": False, "dashboard_address": f"{_HERE}:0"}
    options = {"nthreads": 1, "local_directory": str(scratch), "memory_limit": 0, **here}
    options["silence_logs"] = "CRITICAL"
    computing = {"cls": Nanny, "options": {**options, "resources": _COMPUTING}}
    workers = {f"work-{number}": computing for number in range(jobs)}
    resources = {f"{RESOURCE}{place}": 1 for place in places}
    measuring = {"cls": Nanny, "options": {**options, "resources": resources}}
    scheduler = {"cls": Scheduler, "options": {"port": 0, **here}}
    specs = {**workers, "measure": measuring}
    with contextlib.ExitStack() as stack:
        # A worker that is started again takes longer than Dask waits on a busy machine.
        stack.enter_context(dask.config.set({"distributed.deploy.lost-worker-timeout": "1h"}))
        with captured_output():  # what it says of children that were ended is for nobody
            resource_tracker.ensure_running()  # which would unblock Ctrl-C where it is started
        with unheard_interrupt():
            cluster = SpecCluster(specs, scheduler=scheduler, silence_logs="CRITICAL")
            stack.enter_context(cluster)
        client = stack.enter_context(Client(cluster, set_as_default=False))
        try:
            client.wait_for_workers(len(workers) + 1, timeout=WORKERS_S)
        except TimeoutError as error:
            raise TargetError(
                f"workers of this machine did not start within {WORKERS_S:g} s; let fewer work at a"
                " time"
            ) from error
        yield Cluster(client, "the workers of this machine", _COMPUTING, jobs)


@contextlib.contextmanager
def remote_cluster(
    address: str, formats: Sequence[str], places: Sequence[str], folder: Path
) -> Iterator[Cluster]:
    """The workers of a scheduler.

    Args:
        address: Its address, such as ``tcp://scheduler:8786``.
        formats: That they export to.
        places: Where it is measured: each needs a worker with its resource.
        folder: The sweep's, which all workers must see.

    Raises:
        MissingDependencyError: Dask is not installed.
        UsageError: It cannot be reached, has no workers, or they are of another version, lack a
            package, do not see the folder, or a place has no worker or several.
    """
    _check_dask()
    from distributed import Client

    shown = printable(address)
    with contextlib.ExitStack() as stack:
        try:
            client = stack.enter_context(Client(address, timeout=CONNECT_S, set_as_default=False))
        except (OSError, ValueError, TimeoutError) as error:
            raise UsageError(
                f"{shown}: no scheduler answers within {CONNECT_S:g} s ({one_line(error)}); start"
                " one by `dask scheduler`, or leave `cluster`"
            ) from error
        try:
            client.wait_for_workers(1, timeout=CONNECT_S)
        except TimeoutError as error:
            raise UsageError(
                f"{shown}: has no workers; start some by `dask worker {shown} --nthreads 1`"
            ) from error
        _check_workers(client, shown, formats, places, folder)
        yield Cluster(client, shown)


def _check_workers(
    client: Client, shown: str, formats: Sequence[str], places: Sequence[str], folder: Path
) -> None:
    """Refuses workers that would fail.

    Raises:
        UsageError: One would.
    """
    modules = tuple(dict.fromkeys(module for name in formats for module in MODULES[name]))
    for worker, facts in client.run(describe_worker, modules, on_error="return").items():
        if isinstance(facts, BaseException):
            raise UsageError(
                f"{shown}: worker {worker} has no lowformer-edge ({one_line(facts)}); install it"
                " there, as it is here"
            )
        version, missing = facts
        if version != __version__:
            raise UsageError(
                f"{shown}: worker {worker} has lowformer-edge {version}, and this is"
                f" {__version__}; install the same there"
            )
        if missing:
            raise UsageError(
                f"{shown}: worker {worker} has no {', '.join(missing)}; install lowformer-edge[all]"
                " there"
            )
    mark = folder / f".seen-{secrets.token_hex(8)}"
    mark.touch()
    try:
        for worker, seen in client.run(os.path.isfile, str(mark)).items():
            if not seen:
                raise UsageError(
                    f"{shown}: worker {worker} does not see {folder}; give an `output` in a folder"
                    " that all workers share"
                )
    finally:
        mark.unlink()
    for place in places:
        _check_place(client, shown, place)


def _check_place(client: Client, shown: str, place: str) -> None:
    """Refuses a place that no worker has, or several, which would measure there at once.

    Raises:
        UsageError: It is so.
    """
    having = _workers_with(client, place)
    if not having:
        raise UsageError(
            f"{shown}: no worker measures on {place}; start one where it can be reached by"
            f" `dask worker {shown} --nthreads 1 --resources '{RESOURCE}{place}=1'`"
        )
    if len(having) > 1 or max(having.values()) > 1:
        raise UsageError(
            f"{shown}: {sum(having.values()):g} steps at a time would measure on {place}"
            f" ({', '.join(having)}); leave `--resources '{RESOURCE}{place}=1'` to one worker"
        )


def _workers_with(client: Client, place: str) -> dict[str, float]:
    """How many steps at a time each worker measures on a place, once there is one.

    It is waited for a while.
    """
    end = time.monotonic() + CONNECT_S
    while True:
        key, workers = f"{RESOURCE}{place}", _resources(client).items()
        having = {worker: had[key] for worker, had in workers if key in had}
        if having or time.monotonic() > end:
            return having
        time.sleep(0.2)


def _resources(client: Client) -> dict[str, dict[str, float]]:
    """What each worker has for steps to take."""
    workers = client.scheduler_info(n_workers=-1)["workers"]
    return {name: worker["resources"] for name, worker in workers.items()}


def machine_with(cluster: Cluster, place: str) -> dict[str, str]:
    """What machine the worker is that measures on a place.

    Raises:
        TargetError: The worker or the scheduler is gone.
    """
    (worker,) = _workers_with(cluster.client, place)
    with cluster.asked():
        (machine,) = cluster.client.run(describe_machine, workers=[worker]).values()
    return dict(machine)


def check_seen(cluster: Cluster, paths: Mapping[str, Path]) -> None:
    """Refuses data that a worker does not see.

    Args:
        cluster: The workers.
        paths: Files and folders by what they are.

    Raises:
        UsageError: A worker does not see one.
    """
    for what, path in paths.items():
        for worker, seen in cluster.client.run(os.path.exists, str(path)).items():
            if not seen:
                raise UsageError(
                    f"{cluster.name}: worker {worker} does not see {path} ({what}); lay it where"
                    " all workers find it"
                )


def describe_worker(modules: Sequence[str]) -> tuple[str, list[str]]:
    """The version that a worker has, and which modules it lacks; asked on it."""
    return __version__, [name for name in modules if not importlib.util.find_spec(name)]


def _check_dask() -> None:
    """Raises MissingDependencyError where Dask is not installed."""
    if not importlib.util.find_spec("distributed"):
        raise MissingDependencyError(
            "a sweep's workers are Dask's, which is not installed; install lowformer-edge[sweep]"
        )
