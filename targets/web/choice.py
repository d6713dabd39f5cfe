"""Which browsers, and what of them, a command line chooses."""

from __future__ import annotations

import dataclasses
from typing import Literal, get_args

from ...artifact.formats import BY_SUFFIX, WEB_ACCELERATORS, WebAccelerator
from ...errors import UsageError
from ...process.text import whole_number
from ..target_settings import split_settings

Place = Literal["", "chromium", "adb", "lan"]
"""Who opens the page: anybody on this machine, a browser that is started here, a phone on adb, or
anybody on the local network."""

PATIENCE_S = 600.0
"""For how long nobody may open the page, and a browser may give no sign."""

MOST_BROWSERS = 8
MOST_THREADS = 64

_PLACES: tuple[Place, ...] = get_args(Place)
_SWITCH = {"yes": True, "no": False}


@dataclasses.dataclass(frozen=True)
class WebChoice:
    """Browsers.

    Attributes:
        place: Who opens the page.
        serial: Of the phone on adb; empty for the only one.
        accelerator: What runs files in them.
        threads: Of each runtime; None for as many as are asked for elsewhere.
        browsers: How many are waited for.
        tls: Whether the local network is served over https.
        software_gpu: Whether the browser that is started takes its own software for a GPU.
        patience: Seconds without a sign before they are given up.
    """

    place: Place
    serial: str = ""
    accelerator: WebAccelerator = "wasm"
    threads: int | None = None
    browsers: int = 1
    tls: bool = True
    software_gpu: bool = False
    patience: float = PATIENCE_S

    @property
    def name(self) -> str:
        """As it is written on a command line, as far as figures hang on it."""
        place = ":".join(part for part in ("web", self.place, self.serial) if part)
        settings = [
            *([f"accelerator={self.accelerator}"] if self.accelerator != "wasm" else []),
            *([f"threads={self.threads}"] if self.threads is not None else []),
        ]
        return f"{place}?{'&'.join(settings)}" if settings else place

    def refusal(self, suffix: str) -> str | None:
        """Why browsers take no files whose names end so, or None where they do."""
        row = BY_SUFFIX.get(suffix)
        taken = [row.suffix for row in BY_SUFFIX.values() if self.accelerator in row.in_browsers]
        if row and row.suffix in taken:
            return None
        return f"browsers take {' and '.join(taken)} files alone by {self.accelerator}"


def parse_choice(text: str, patience: float = PATIENCE_S) -> WebChoice:
    """Browsers as a command line names them.

    Args:
        text: What follows ``web``: nothing, ``:chromium``, ``:lan`` or ``:adb[:SERIAL]``, then
            settings after a ``?``.
        patience: Seconds without a sign before they are given up.

    Raises:
        UsageError: There is no such place, or a setting is unknown or does not fit the place.
    """
    known = ("accelerator", "threads", "browsers", "tls", "gpu")
    where, settings = split_settings(text, known)
    place, _, serial = where.removeprefix(":").partition(":")
    chosen = next((one for one in _PLACES if one == place), None)
    if chosen is None or (serial and chosen != "adb"):
        raise UsageError(
            f"web:{text}: there are web, web:chromium, web:adb[:SERIAL] and web:lan to open the"
            " page"
        )
    accelerator = next(
        (one for one in WEB_ACCELERATORS if one == settings.get("accelerator", "wasm")), None
    )
    if accelerator is None:
        raise UsageError(
            f"web: {settings['accelerator']!r} is no accelerator; there are"
            f" {', '.join(WEB_ACCELERATORS)}"
        )
    _hold_for(chosen, settings, "tls", "lan")
    _hold_for(chosen, settings, "gpu", "chromium")
    if settings.get("gpu", "software") != "software":
        raise UsageError("web:chromium: gpu=software alone can be asked for; leave it out else")
    threads = settings.get("threads")
    return WebChoice(
        place=chosen,
        serial=serial,
        accelerator=accelerator,
        threads=None if threads is None else _count(threads, "threads", MOST_THREADS),
        browsers=_count(settings.get("browsers", "1"), "browsers", MOST_BROWSERS),
        tls=_switch(settings.get("tls", "yes")),
        software_gpu="gpu" in settings,
        patience=patience,
    )


def _hold_for(place: Place, settings: dict[str, str], name: str, only: Place) -> None:
    if name in settings and place != only:
        raise UsageError(f"web: {name}= is for web:{only} alone")


def _count(text: str, name: str, most: int) -> int:
    number = whole_number(text)
    if number is None or not 1 <= number <= most:
        raise UsageError(f"web: {name}= takes a number from 1 to {most}, not {text!r}")
    return number


def _switch(text: str) -> bool:
    if text not in _SWITCH:
        raise UsageError(f"web: tls= takes yes or no, not {text!r}")
    return _SWITCH[text]
