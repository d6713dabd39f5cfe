"""What a phone tells besides times, within the output of ``lowformer-bench --json``."""

from __future__ import annotations

from ..manifest import Parity, Residency
from .record import Record, SparseRecord


class PhoneCheckResult(SparseRecord):
    """What became of a file that was checked on a phone; see ``targets.adb.check``.

    Where the app failed as a whole, nothing is there from ``runtime`` to ``residency``.
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
    checks: tuple[PhoneCheckResult, ...]
    requests: tuple[PhoneRequestResult, ...]
