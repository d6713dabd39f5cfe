"""A process that does one piece of measuring: ``python -m lowformer_edge.runtime.work.measuring``.

It reads one JSON object in one line from its standard input, and writes one to its standard output:
``{"result": ...}``, or ``{"error": {"kind": ..., "message": ...}}``. It ends when its input does,
so that none is left behind when its parent is gone. It needs no torch, and can run wherever this
package is installed.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...errors import LowFormerEdgeError

Json = dict[str, Any]


def _time(request: Json) -> Json:
    from ..measure.timing import time_files

    timing = time_files(
        [Path(path) for path in request["paths"]],
        threads=request["threads"],
        rounds=request["rounds"],
        first=request["first"],
    )
    return {
        "milliseconds": [result.milliseconds.tolist() for result in timing.results],
        "taken": timing.taken and dataclasses.asdict(timing.taken),
    }


def _alone(request: Json) -> Json:
    from ..measure.first_run import measure_alone

    return dataclasses.asdict(measure_alone(Path(request["path"]), request["threads"]))


def _profile(request: Json) -> Json:
    from ..formats import format_of

    path = Path(request["path"])
    return dataclasses.asdict(format_of(path).profile_of(path, request["threads"], request["runs"]))


def _endurance(request: Json) -> Json:
    from ..measure.endurance import run_for

    paths = [Path(path) for path in request["paths"]]
    found = run_for(paths, threads=request["threads"], seconds=request["seconds"])
    return dataclasses.asdict(found)


TASKS: dict[str, Callable[[Json], Json]] = {
    "time": _time,
    "alone": _alone,
    "profile": _profile,
    "endurance": _endurance,
}
"""What a worker can do."""


def main() -> int:
    """Does what the first line of the standard input asks for."""
    answers = _answers()
    request = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_input, daemon=True).start()
    try:
        answer = {"result": TASKS[request.pop("task")](request)}
    except LowFormerEdgeError as error:
        answer = {"error": {"kind": type(error).__name__, "message": str(error)}}
    with os.fdopen(answers, "w", encoding="utf-8") as stream:
        json.dump(answer, stream)
    return 0


def _answers() -> int:
    """A descriptor for the answer; what runtimes print goes to the standard error instead."""
    answers = os.dup(1)
    os.dup2(2, 1)
    return answers


def _end_with_the_input() -> None:
    # Not sys.stdin: its lock would be held when the interpreter ends.
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
