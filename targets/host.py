"""This machine's processor as a target."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ..judging.links import HOST
from ..progress import Progress
from ..runtime.work.fresh_process import Measured
from ..runtime.work.request import Request
from ..runtime.work.session import measure_here
from .worker_process import MODULE
from .worker_target import Start, WorkerTarget


class HostTarget(WorkerTarget):
    """Runs files in a process of their own, which a damaged one may end."""

    scheme = HOST
    name = HOST

    def _start(self, folder: Path) -> Start:
        path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
        return [sys.executable, "-m", MODULE, str(folder)], os.environ | {"PYTHONPATH": path}

    def measure(
        self, requests: Sequence[Request], description: str, progress: Progress
    ) -> Measured:
        """See :class:`Target`."""
        return measure_here(requests, description, progress)
