"""A scheduler and workers of Dask's in processes and folders of their own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from distributed import Client

START_S = 300.0


class DaskProcesses:
    """Started by Dask's own commands; a context manager that ends them.

    Args:
        folder: Where each has a folder of its own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.address = ""

    def start_scheduler(self, port: int = 0) -> None:
        """Starts the scheduler, on any port or on the one that it had."""
        told = self._folder / f"scheduler-{time.monotonic_ns()}.json"
        options = ["--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
        self._start("scheduler", "dask_scheduler", [*options, "--scheduler-file", str(told)])
        end = time.monotonic() + START_S
        while True:
            assert time.monotonic() < end, "the scheduler does not start"
            with contextlib.suppress(OSError, ValueError):
                self.address = json.loads(told.read_text())["address"]
                return
            time.sleep(0.1)

    @property
    def port(self) -> int:
        """The scheduler's."""
        return int(self.address.rpartition(":")[2])

    def start_worker(self, name: str, *options: str, blocked: bool = False) -> None:
        """Starts a worker, which may be ``blocked`` from importing this package."""
        common = [self.address, "--nthreads", "1", "--name", name, "--no-dashboard"]
        if blocked:
            site = self._folder / "site"
            site.mkdir()
            (site / "blocking.py").write_text(
                "import sys\nsys.modules['lowformer_edge'] = None\n", encoding="utf-8"
            )
            options = (*options, "--preload", str(site / "blocking.py"), "--no-nanny")
        self._start(name, "dask_worker", [*common, *options])

    def kill(self, name: str) -> None:
        """Ends a process without a word, and what it started."""
        process = self._processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _start(self, name: str, module: str, options: list[str]) -> None:
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        log = (folder / "log").open("ab")
        self._processes[name] = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{module}", *options],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        log.close()

    def __enter__(self) -> DaskProcesses:
        return self

    def __exit__(self, *error: object) -> None:
        for name in list(self._processes):
            self.kill(name)


@contextlib.contextmanager
def dask_cluster(folder: Path, workers: int) -> Iterator[DaskProcesses]:
    """A scheduler with workers, the first of which measures on this machine."""
    with DaskProcesses(folder) as processes:
        processes.start_scheduler()
        for number in range(workers):
            measures = ["--resources", "lowformer:host=1"] if number == 0 else []
            processes.start_worker(f"worker-{number}", *measures)
        if workers:
            with Client(processes.address, set_as_default=False) as client:
                client.wait_for_workers(workers, timeout=START_S)
        yield processes
