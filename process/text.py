"""Text that can be shown whatever it was made from."""

from __future__ import annotations

import os
import re
import reprlib
from pathlib import Path

LONGEST_LINE = 2000
"""Characters of a message that are shown."""

_LONE_SURROGATES = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""What pickles and JSON may hold and no encoding has; the others stand for a name's bytes."""

_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxother = 3, 60, 60

_DIGITS = re.compile("[0-9]{1,18}")


def printable(name: str | Path) -> str:
    """A file's name as text that can be shown and stored, whatever bytes it holds."""
    whole = _LONE_SURROGATES.sub(lambda match: ascii(match[0])[1:-1], os.fspath(name))
    text = os.fsencode(whole).decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def shortened(line: str) -> str:
    """A line without its middle, where it is longer than anybody reads."""
    if len(line) <= LONGEST_LINE:
        return line
    half = LONGEST_LINE // 2
    return f"{line[:half]} ... {line[-half:]}"


def one_line(text: object) -> str:
    """A message, or an error's, without line breaks and runs of spaces."""
    return " ".join(str(text).split())


def whole_number(text: str) -> int | None:
    """The number that a text is; None where it is anything but a few of the digits 0 to 9.

    What :meth:`str.isdigit` takes, :class:`int` may refuse: superscripts, or thousands of digits.
    """
    return int(text) if _DIGITS.fullmatch(text) else None


def shown_value(value: object) -> str:
    """A value of a file in a few words, however long or deep it is."""
    try:
        return _SHORT.repr(value)
    except ValueError:  # of a number with thousands of digits
        return f"a {type(value).__name__}"
