"""What became of a file that was checked where it was then timed."""

from __future__ import annotations

from ..manifest import Parity, Residency
from .record import SparseRecord


class CheckedFileResult(SparseRecord):
    """A file that was checked on a phone or in a browser; see ``targets.checked_file``.

    Where that failed as a whole, nothing is there from ``runtime`` to ``residency``.
    """

    file: str
    accelerator: str
    failure: str | None
    runtime: str | None = None
    device: str | None = None
    is_software: bool = False
    half: bool | None = None
    residency: Residency | None = None
    parity: Parity | None = None
