"""Text that can be shown whatever it was made from."""

from __future__ import annotations

import os
import re
from pathlib import Path

_LONE_SURROGATES = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""What pickles and JSON may hold and no encoding has; the others stand for a name's bytes."""


def printable(name: str | Path) -> str:
    """A file's name as text that can be shown and stored, whatever bytes it holds."""
    whole = _LONE_SURROGATES.sub(lambda match: ascii(match[0])[1:-1], os.fspath(name))
    text = os.fsencode(whole).decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def one_line(text: object) -> str:
    """A message, or an error's, without line breaks and runs of spaces."""
    return " ".join(str(text).split())
