"""A child process that does one call, as its parent sees it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from ..ending import how_ended, kill_group
from ..waiting import ASLEEP, POLICY
from . import child
from .call import Call
from .travel import save_object


class ChildProcess:
    """Does a call; begins at once.

    Args:
        call: The call.
        folder: An empty folder for it, to which other users cannot write.
        on_line: Takes each line that it tells, and None at its end; called by another thread.

    Raises:
        CannotTravelError: The call cannot be sent to another process.
    """

    def __init__(self, call: Call, folder: Path, on_line: Callable[[str | None], None]) -> None:
        save_object(folder / child.CALL, (call.function, call.argument))
        (folder / child.TEMPORARY).mkdir()
        self.result = folder / child.RESULT
        self._on_line = on_line
        self._said = tempfile.TemporaryFile(  # noqa: SIM115 - lives as long as the process
            "w+", encoding="utf-8", errors="replace"
        )
        # A session of its own: Ctrl-C in the terminal reaches this process only, which ends it.
        self._process = subprocess.Popen(  # noqa: S603 - our own command line
            [sys.executable, "-m", child.__name__, str(folder)],
            env={**os.environ, **_variables(call, folder / child.TEMPORARY)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            encoding="utf-8",
            start_new_session=True,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def ended(self) -> str:
        """Waits for its end; how it ended, or nothing where it ended well."""
        code = self._process.wait()
        self._said.seek(0)
        return how_ended(code, self._said.read()) if code else ""

    def end(self) -> None:
        """Ends it, with all that it started, if it runs still."""
        kill_group(self._process)
        self._process.wait()
        self._listener.join()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._process.stdout.close()
        self._said.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._on_line(line)
        self._on_line(None)


def _variables(call: Call, temporary: Path) -> dict[str, str]:
    """What the environment says to a child: its threads, and where temporary files go."""
    return {
        "OMP_NUM_THREADS": str(call.threads),
        POLICY: os.environ.get(POLICY, ASLEEP),
        "TMPDIR": str(temporary),
    }
