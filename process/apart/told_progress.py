"""Progress that a child process tells its parent, an event in JSON a line."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import TextIO

from ...progress import Advance

BEGIN, ADVANCE, END = "begin", "advance", "end"
NOTE, ASK, TELL = "note", "ask", "tell"
FAILED = "failed"
"""The kind of an error and its message; the last event of a call that raised one."""


class ToldProgress:
    """Writes what it is told; see :class:`lowformer_edge.progress.Progress`.

    Args:
        stream: Where the parent reads.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._depth = 0

    @contextlib.contextmanager
    def step(self, description: str, total: int | None = None) -> Iterator[Advance]:
        """See :class:`lowformer_edge.progress.Progress`."""
        depth, self._depth = self._depth, self._depth + 1
        self.send(BEGIN, description, total)
        is_whole = False
        try:
            yield lambda count: self.send(ADVANCE, depth, count)
            is_whole = True
        finally:
            self._depth = depth
            self.send(END, is_whole)

    def note(self, text: str) -> None:
        """See :class:`lowformer_edge.progress.Progress`."""
        self.send(NOTE, text)

    def ask(self, text: str) -> None:
        """See :class:`lowformer_edge.progress.Progress`."""
        self.send(ASK, text)

    def tell(self, text: str) -> None:
        """See :class:`lowformer_edge.progress.Progress`."""
        self.send(TELL, text)

    def send(self, *event: object) -> None:
        """Writes an event."""
        self._stream.write(json.dumps(event) + "\n")
        self._stream.flush()
