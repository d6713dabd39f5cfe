"""Other machines as targets, over SSH."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from ...process.system_limit import scratch_folder
from ...progress import Progress
from ...runtime.work.fresh_process import Measured
from ...runtime.work.job import Job, Ran, read_answer, write_job
from ...runtime.work.request import Request
from ..target import Target, TargetRun, Work
from ..target_settings import split_settings
from ..worker_process import MODULE
from .measuring import measure_on
from .session import PATIENCE_S, PYTHON, parse_host, run_module
from .shipment import BASE, install_command, modules_for


class SshTarget(Target):
    """Runs files on another machine, which needs Python and the formats' runtimes but not us.

    Args:
        choice: What follows ``ssh:`` on the command line: ``[user@]host[:port]``, and
            ``?python=PATH`` for an interpreter other than ``python3``.
        patience: Seconds without progress before it is given up.

    Raises:
        UsageError: That is no host.
    """

    scheme = "ssh"

    def __init__(self, choice: str, patience: float = PATIENCE_S) -> None:
        place, settings = split_settings(choice, ("python",))
        self.host = parse_host(place, settings.get("python", PYTHON))
        self._patience = patience
        self.name = str(self.host)

    def run(self, work: Work, progress: Progress) -> TargetRun:
        """See :class:`Target`.

        Raises:
            MissingDependencyError: There is no ``ssh`` on this machine.
        """
        # Runners name the file, so its name stays; the number keeps two of a name apart.
        sent = {f"{number}/{path.name}": path for number, path in enumerate(work.files)}
        job = Job(
            files=tuple(sent),
            preprocessing=work.preprocessing.to_dict(),
            threads=work.threads,
        )
        with scratch_folder() as place:
            folder = place / "job"
            folder.mkdir()
            write_job(folder, job, work.pixels)
            missing = run_module(
                self.host,
                MODULE,
                folder,
                sent,
                total=work.inferences,
                needed=BASE,
                wished=list(modules_for(path.suffix for path in work.files)),
                progress=progress,
                patience=self._patience,
            )
            machine, ran = read_answer(folder, job, len(work.pixels))
        explained = [
            self._explained(path, item, missing) for path, item in zip(work.files, ran, strict=True)
        ]
        return TargetRun(machine, tuple(explained))

    def _explained(self, path: Path, ran: Ran, missing: set[str]) -> Ran:
        """What became of a file; with what must be installed there, if that is why it failed."""
        modules = modules_for([path.suffix])
        lacked = [name for module, name in modules.items() if module in missing]
        if ran.answer.failure is None or not lacked:
            return ran
        reason = ran.answer.failure.partition("; install ")[0]
        failure = f"{reason}; run there: {install_command(self.host.python, lacked)}"
        return dataclasses.replace(ran, answer=ran.answer.model_copy(update={"failure": failure}))

    def measure(
        self, requests: Sequence[Request], description: str, progress: Progress
    ) -> Measured:
        """See :class:`Target`."""
        return measure_on(self.host, requests, description, progress)
