"""Does several pieces of measuring, each in a fresh process, where this package was sent to.

It is run as ``python -m lowformer_edge.runtime.work.session FOLDER``. ``requests.json`` in the
folder is a list of requests, whose paths are relative to it; the answers go to ``answers.json``.
Progress goes to stdout, as from :mod:`.worker`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ...artifact.files import replaced_file
from ...errors import LowFormerEdgeError
from ...process.text import one_line
from ...progress import Advance, Progress
from ..machine import describe_machine
from .fresh_process import Json, Measured, Request, ask
from .worker import advance

REQUESTS = "requests.json"
ANSWERS = "answers.json"


def measure_here(requests: Sequence[Request], description: str, progress: Progress) -> Measured:
    """Has requests done by fresh processes on this machine, one after the other."""
    with progress.step(description, len(requests)) as advance:
        return _measured(requests, advance)


def _measured(requests: Sequence[Request], advance: Advance) -> Measured:
    answers: list[Json] = []
    for request in requests:
        answers.append(ask(request.task, request.details))
        advance(1)
    return Measured(describe_machine(), answers)


def main(arguments: list[str]) -> None:
    """Does what the folder that is the only argument asks for."""
    (folder,) = map(Path, arguments)
    os.chdir(folder)
    asked = json.loads(Path(REQUESTS).read_text(encoding="utf-8"))
    try:
        measured = _measured([Request(**item) for item in asked], advance)
    except LowFormerEdgeError as error:
        sys.exit(one_line(error))
    with replaced_file(Path(ANSWERS)) as temporary:
        content = {"machine": measured.machine, "answers": measured.answers}
        temporary.write_text(json.dumps(content), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
