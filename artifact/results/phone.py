"""What a phone tells besides times, within the output of ``lowformer-bench --json``."""

from __future__ import annotations

from .checked_file import CheckedFileResult
from .record import Record


class PhoneStateResult(Record):
    """What a phone tells of itself; None is what it does not tell."""

    battery_percent: int | None = None
    battery_celsius: float | None = None
    charging: bool | None = None
    power_save: bool | None = None
    thermal_status: int | None = None


class PhoneRequestResult(Record):
    """A phone's state around something that was measured."""

    task: str
    before: PhoneStateResult
    after: PhoneStateResult
    worst_thermal_status: int | None = None
    throttled: bool | None = None


class PhoneResult(Record):
    """All that a phone tells besides times."""

    accelerator: str
    checks: tuple[CheckedFileResult, ...]
    requests: tuple[PhoneRequestResult, ...]
