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

from ...errors import LowFormerEdgeError
from ...process.replacing import replaced_file
from ...process.text import one_line
from ...progress import Advance, Progress
from ..machine import describe_machine
from .fresh_process import Measured, ask
from .request import REQUESTS, Answer, Request
from .worker import advance

ASKED = "requests.json"
ANSWERS = "answers.json"


def measure_here(requests: Sequence[Request], description: str, progress: Progress) -> Measured:
    """Has requests done by fresh processes on this machine, one after the other."""
    with progress.step(description, len(requests)) as advance:
        return _measured(requests, advance)


def _measured(requests: Sequence[Request], advance: Advance) -> Measured:
    answers: list[Answer] = []
    for request in requests:
        answers.append(ask(request))
        advance(1)
    return Measured(describe_machine(), answers)


def main(arguments: list[str]) -> None:
    """Does what the folder that is the only argument asks for."""
    (folder,) = map(Path, arguments)
    os.chdir(folder)
    requests = REQUESTS.validate_json(Path(ASKED).read_bytes())
    try:
        measured = _measured(requests, advance)
    except LowFormerEdgeError as error:
        sys.exit(one_line(error))
    with replaced_file(Path(ANSWERS)) as temporary:
        pairs = zip(requests, measured.answers, strict=True)
        answers = [request.to_plain(answer) for request, answer in pairs]
        content = {"machine": measured.machine, "answers": answers}
        temporary.write_text(json.dumps(content), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
