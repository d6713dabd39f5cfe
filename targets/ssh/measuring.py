"""Measuring on another machine, over SSH."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...errors import TargetError
from ...progress import Progress
from ...runtime.work import session as measuring_session
from ...runtime.work.fresh_process import Measured, Request
from ...runtime.work.session import ANSWERS, REQUESTS
from .session import SshHost, run_module
from .shipment import BASE, modules_for


def measure_on(
    host: SshHost, requests: Sequence[Request], description: str, progress: Progress
) -> Measured:
    """Measures on another machine, to which the requests' files are sent.

    Args:
        host: The machine.
        requests: What is to be measured.
        description: What is being done.
        progress: Is told about each step.

    Raises:
        TargetError: It cannot be reached, or failed.
    """
    paths = dict.fromkeys(Path(path) for request in requests for path in _paths(request))
    names = {path: f"{number}/{path.name}" for number, path in enumerate(paths)}
    asked = [dataclasses.asdict(_moved(request, names)) for request in requests]
    with tempfile.TemporaryDirectory(prefix="lowformer-edge-") as name:
        folder = Path(name) / "requests"
        folder.mkdir()
        (folder / REQUESTS).write_text(json.dumps(asked), encoding="utf-8")
        run_module(
            host,
            measuring_session.__name__,
            folder,
            {there: here for here, there in names.items()},
            total=len(requests),
            needed=BASE | modules_for(path.suffix for path in paths),
            wished=[],
            progress=progress,
        )
        return _read(folder / ANSWERS, host, len(requests))


def _read(path: Path, host: SshHost, count: int) -> Measured:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        measured = Measured(dict(content["machine"]), list(content["answers"]))
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise TargetError(f"{host}: left no answers that can be read") from error
    if len(measured.answers) != count:
        raise TargetError(f"{host}: answered {len(measured.answers)} of {count} requests")
    return measured


def _paths(request: Request) -> list[str]:
    """The files that a request speaks of."""
    details: dict[str, Any] = request.details
    return [details["path"]] if "path" in details else details["paths"]


def _moved(request: Request, names: dict[Path, str]) -> Request:
    """A request whose files have their names on the other machine."""
    there = [names[Path(path)] for path in _paths(request)]
    key, value = ("path", there[0]) if "path" in request.details else ("paths", there)
    return Request(request.task, {**request.details, key: value})
