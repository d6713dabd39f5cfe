"""What a browser tells besides times, within the output of ``lowformer-bench --json``."""

from __future__ import annotations

from .checked_file import CheckedFileResult
from .record import Machine, Record


class BrowserResult(Record):
    """A browser that timed files.

    Attributes:
        machine: What it tells of itself.
        accelerator: What ran them in it.
        clock_step_ms: The smallest step of its clock.
        runs_together: How many runs of each file were timed together, since the clock is coarse.
        was_hidden: Whether the page was not to be seen at some time.
        checks: What became of a bundle's files by its golden vectors, before.
        caveat: What its times do not say.
    """

    machine: Machine
    accelerator: str
    clock_step_ms: float
    runs_together: dict[str, int]
    was_hidden: bool
    checks: tuple[CheckedFileResult, ...]
    caveat: str
