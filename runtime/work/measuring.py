"""A process that does one piece of measuring: ``python -m lowformer_edge.runtime.work.measuring``.

It reads a request, JSON in one line, from its standard input, and writes one line to its standard
output: ``{"result": ...}``, or ``{"error": {"kind": ..., "message": ...}}``. It ends when its input
does, so that none is left behind when its parent is gone. It needs no torch, and can run wherever
this package is installed.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

from pydantic import TypeAdapter

from ...errors import LowFormerEdgeError
from .request import REQUEST


def main() -> int:
    """Does what the first line of the standard input asks for, which is to measure."""
    return serve(REQUEST)


def serve(requests: TypeAdapter[Any]) -> int:
    """Does what the first line of the standard input asks for.

    Args:
        requests: Reads the request.
    """
    answers = _answers()
    # Bytes: the encoding of stdin may be another.
    request = requests.validate_json(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_the_input, daemon=True).start()
    try:
        answer = {"result": request.to_plain(request.measure())}
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
