"""Which phone, and what of it, a command line chooses."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from ...artifact.formats import FORMATS, Accelerator
from ...errors import UsageError
from ..target_settings import split_settings

ACCELERATORS: dict[str, Accelerator] = {"cpu": "cpu", "gpu": "gpu", "gpu-fp16": "gpu-fp16"}
SUFFIXES: dict[Accelerator, tuple[str, ...]] = {
    accelerator: tuple(row.suffix for row in FORMATS.values() if accelerator in row.in_app)
    for accelerator in ACCELERATORS.values()
}
"""What the app runs on each accelerator."""


@dataclasses.dataclass(frozen=True)
class AdbChoice:
    """A phone.

    Attributes:
        serial: Its serial number; empty for the only one.
        accelerator: What of it runs files.
        apk: The app to install, or None where it is there.
        patience: Seconds without progress before it is given up.
    """

    serial: str
    accelerator: Accelerator
    apk: Path | None
    patience: float

    @property
    def name(self) -> str:
        """As it is written on a command line."""
        place = f"adb:{self.serial}" if self.serial else "adb"
        return place if self.accelerator == "cpu" else f"{place}?accelerator={self.accelerator}"


def parse_choice(text: str, patience: float) -> AdbChoice:
    """A phone as a command line names it.

    Args:
        text: What follows ``adb``: a serial number or nothing, then ``?apk=FILE`` for the app to
            install, and ``accelerator=`` ``gpu`` or ``gpu-fp16``.
        patience: Seconds without progress before it is given up.

    Raises:
        UsageError: A setting is unknown, or there is no such file.
    """
    serial, settings = split_settings(text, ("apk", "accelerator"))
    chosen = settings.get("accelerator", "cpu")
    if chosen not in ACCELERATORS:
        raise UsageError(f"adb: {chosen!r} is no accelerator; there are {', '.join(ACCELERATORS)}")
    apk = Path(settings["apk"]) if "apk" in settings else None
    if apk is not None and not apk.is_file():
        raise UsageError(f"{apk}: there is no such file")
    return AdbChoice(serial, ACCELERATORS[chosen], apk, patience)
