"""What is said of plain values that are not the record that they should be."""

from __future__ import annotations

from pydantic import ValidationError


def first_fault(error: ValidationError, whole: str = "") -> str:
    """The first thing that is wrong, after the place of it, such as ``files.0.path``.

    Args:
        error: What pydantic raised.
        whole: What the place is called where all of the values are wrong; nothing by default.
    """
    first = error.errors(include_url=False)[0]
    place = ".".join(map(str, first["loc"])) or whole
    return f"{place}: {first['msg']}" if place else first["msg"]
