"""Measuring on another machine, over SSH."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import TargetError
from ...process.limits import LARGEST_TEXT
from ...process.reading import read_text
from ...process.system_limit import scratch_folder
from ...progress import Progress
from ...runtime.work import session as measuring_session
from ...runtime.work.fresh_process import Measured
from ...runtime.work.job import Record
from ...runtime.work.request import Request
from ...runtime.work.session import ANSWERS, ASKED
from .session import SshHost, run_module
from .shipment import BASE, modules_for


class Answers(Record):
    """What :mod:`~lowformer_edge.runtime.work.session` leaves; each answer is its request's."""

    machine: dict[str, str]
    answers: tuple[Any, ...]


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
    paths = dict.fromkeys(path for request in requests for path in request.files)
    names = {path: f"{number}/{path.name}" for number, path in enumerate(paths)}
    asked = [_moved(request, names).model_dump(mode="json") for request in requests]
    with scratch_folder() as place:
        folder = place / "requests"
        folder.mkdir()
        (folder / ASKED).write_text(json.dumps(asked), encoding="utf-8")
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
        return _read(folder / ANSWERS, host, requests)


def _moved(request: Request, names: Mapping[Path, str]) -> Request:
    """A request whose files have their names on the other machine."""
    return request.model_copy(update={"files": tuple(Path(names[path]) for path in request.files)})


def _read(path: Path, host: SshHost, requests: Sequence[Request]) -> Measured:
    try:
        found = Answers.model_validate_json(read_text(path, LARGEST_TEXT))
        if len(found.answers) != len(requests):
            raise TargetError(f"{host}: answered {len(found.answers)} of {len(requests)} requests")
        pairs = zip(requests, found.answers, strict=True)
        read = [request.read(answer) for request, answer in pairs]
    except (OSError, ValueError) as error:
        raise TargetError(f"{host}: left no answers that can be read") from error
    return Measured(found.machine, read)
