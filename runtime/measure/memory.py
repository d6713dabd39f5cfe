"""How much memory of this process lies in RAM, as Linux tells it."""

from __future__ import annotations

import re
from pathlib import Path

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"


class PeakMemory:
    """The growth of the peak resident set from this object's making on.

    Counts every page that is in RAM for this process, mapped files included. The kernel's
    record of the peak (``VmHWM``) begins anew here, so that what came before does not count.
    """

    def __init__(self) -> None:
        try:
            _CLEAR.write_text(_RESET_PEAK, encoding="ascii")
            self._start: int | None = _kilobytes("VmRSS")
        except (OSError, LookupError):
            self._start = None

    def megabytes(self) -> float | None:
        """Peak since then less what there was, in MB of 10^6 bytes; None where unknown."""
        if self._start is None:
            return None
        return max(0, _kilobytes("VmHWM") - self._start) * 1024 / 1e6


def _kilobytes(field: str) -> int:
    """A figure of the kernel's.

    Raises:
        LookupError: It does not state this one.
    """
    found = re.search(rf"^{field}:\s+(\d+) kB$", _STATUS.read_text(encoding="ascii"), re.M)
    if not found:
        raise LookupError(field)
    return int(found[1])
