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
from typing import Any

from pydantic import TypeAdapter

from ...errors import LowFormerEdgeError
from ...process.lifeline import end_with_the_input, taken_output
from .request import REQUEST


def main() -> int:
    """Does what the first line of the standard input asks for, which is to measure."""
    return serve(REQUEST)


def serve(requests: TypeAdapter[Any]) -> int:
    """Does what the first line of the standard input asks for.

    Args:
        requests: Reads the request.
    """
    answers = taken_output()
    # Bytes: the encoding of stdin may be another.
    request = requests.validate_json(sys.stdin.buffer.readline())
    end_with_the_input()
    try:
        answer = {"result": request.to_plain(request.measure())}
    except LowFormerEdgeError as error:
        answer = {"error": {"kind": type(error).__name__, "message": str(error)}}
    with os.fdopen(answers, "w", encoding="utf-8") as stream:
        json.dump(answer, stream)
    return 0


if __name__ == "__main__":
    sys.exit(main())
