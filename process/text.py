"""Text that can be shown whatever it was made from."""

from __future__ import annotations

import os
from pathlib import Path


def printable(name: str | Path) -> str:
    """A file's name as text that can be shown and stored, whatever bytes it holds."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def one_line(text: object) -> str:
    """A message, or an error's, without line breaks and runs of spaces."""
    return " ".join(str(text).split())
