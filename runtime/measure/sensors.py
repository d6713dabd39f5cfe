"""What the machine tells of its clock and its temperature."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path

_CPUS = Path("/sys/devices/system/cpu")
_ZONES = Path("/sys/class/thermal")
_LIKELIEST = 150
"""No machine that still runs is hotter than this, in degrees Celsius."""


@dataclasses.dataclass(frozen=True)
class Reading:
    """One look at the sensors.

    Attributes:
        megahertz: Highest clock of the cores now, or None where the system does not tell.
        celsius: Temperature of the hottest zone, or None where the system does not tell.
    """

    megahertz: float | None
    celsius: float | None


def read_sensors() -> Reading:
    """Looks at the clock and the temperature.

    Only what is measured counts: the clock in ``/proc/cpuinfo`` is a nominal one on many machines.
    """
    clocks = _numbers(_CPUS, "cpu[0-9]*/cpufreq/scaling_cur_freq")
    heats = [
        degrees
        for value in _numbers(_ZONES, "thermal_zone*/temp")
        if 0 < (degrees := value / 1000) < _LIKELIEST
    ]
    return Reading(
        megahertz=max(clocks) / 1000 if clocks else None,
        celsius=max(heats) if heats else None,
    )


def _numbers(folder: Path, pattern: str) -> list[float]:
    found = []
    for path in folder.glob(pattern):
        with contextlib.suppress(OSError, ValueError):
            found.append(float(path.read_text(encoding="ascii")))
    return found
