"""What a person reads in order to open the page."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import TextIO
from urllib.parse import urlsplit

from ...errors import MissingDependencyError
from ...process.interrupt import deferred_interrupt
from .address import LOCAL_NAMES

NO_ROOM = os.terminal_size((0, 0))

_BLOCKS = "\N{FULL BLOCK}\N{UPPER HALF BLOCK}\N{LOWER HALF BLOCK}"

_BORDER = 2
"""Modules of light around the code, which readers need."""


def invitation(url: str, fingerprint: str | None, room: os.terminal_size) -> list[str]:
    """Lines that say how to open the page, and what the browser will say to that.

    Args:
        url: The page's address.
        fingerprint: Its certificate's; None where there is none.
        room: Of a terminal that shows the code; see :func:`room_in`.

    Raises:
        MissingDependencyError: segno is not installed, and there is room for a code.
    """
    if urlsplit(url).hostname in LOCAL_NAMES:
        return ["open this address in a browser on this machine:", url]
    code = _code_of(url) if room.columns and room.lines else []
    fits = len(code) < room.lines and all(len(line) <= room.columns for line in code)
    return [
        "open this address in a browser in the same network"
        + (", or scan the code:" if code and fits else ":"),
        url,
        *(code if fits else []),
        *_warning_of(fingerprint),
    ]


def room_in(stream: TextIO) -> os.terminal_size:
    """The size of the terminal that a stream writes to; 0 where it shows no code."""
    try:
        _BLOCKS.encode(stream.encoding or "ascii")
        return os.get_terminal_size(stream.fileno()) if stream.isatty() else NO_ROOM
    except (OSError, ValueError, LookupError):  # closed, without a file, or without such characters
        return NO_ROOM


def _warning_of(fingerprint: str | None) -> Iterator[str]:
    """What the browser will say, or will not do."""
    if fingerprint is None:
        yield (
            "without https a browser has WebAssembly on one thread and photos, and neither camera"
            " nor GPU nor threads"
        )
        return
    yield (
        "the browser will warn of the certificate, which was made for this run and which nobody"
        " signed; go on only if it shows this SHA-256 fingerprint:"
    )
    half = (len(fingerprint) + 1) // 2
    yield fingerprint[:half].rstrip(":")
    yield fingerprint[half:].lstrip(":")
    yield (
        "without that warning: web:lan?tls=no, or --no-tls, which has WebAssembly on one thread and"
        " photos, and neither camera nor GPU nor threads"
    )


def _code_of(url: str) -> list[str]:
    """The lines of an address's QR code, two of its rows in each."""
    try:
        with deferred_interrupt():
            import segno
    except ImportError as error:
        raise MissingDependencyError(
            "the code of the page's address needs segno, which is not installed; install"
            " lowformer-edge[web]"
        ) from error
    shown = io.StringIO()
    segno.make(url, error="m").terminal(shown, border=_BORDER, compact=True)
    return shown.getvalue().splitlines()
