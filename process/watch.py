"""Ending what makes no progress for too long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

_LONGEST_PAUSE_S = 3600.0


class Watch:
    """Ends something once nothing was noted of it for a while: a context manager.

    Args:
        patience: Seconds without a note.
        end: Ends it. Called from another thread, once.

    Attributes:
        is_over: Whether it was ended.
    """

    def __init__(self, patience: float, end: Callable[[], object]) -> None:
        self.is_over = False
        self._patience, self._end = patience, end
        self._noted = time.monotonic()
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._wait, daemon=True)

    def note(self) -> None:
        """Notes that something moves."""
        self._noted = time.monotonic()

    def how(self) -> str:
        """How what was ended came to its end, after its name."""
        return f"made no progress for {self._patience:,g} s and was ended"

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._left.set()
        self._thread.join()

    def _pause(self) -> float:
        """Seconds until it may be over; some hours at most, since threads wait no longer."""
        return min(max(0.0, self._noted + self._patience - time.monotonic()), _LONGEST_PAUSE_S)

    def _wait(self) -> None:
        while not self._left.wait(self._pause()):
            if time.monotonic() >= self._noted + self._patience:
                self.is_over = True
                self._end()
                return
