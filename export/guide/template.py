"""Code with places that a model's own numbers and names are put into."""

from __future__ import annotations

import re

_PLACE = re.compile(r"<([A-Z_]+)>")


def filled(template: str, **values: object) -> str:
    """A template with a value for each of its places, such as ``<HEIGHT>``.

    Args:
        template: Code, after an empty line.
        values: By the places' names in small letters.
    """
    return _PLACE.sub(lambda place: str(values[place[1].lower()]), template).strip("\n")


def block(language: str, code: str) -> str:
    """Code as Markdown shows it."""
    return f"```{language}\n{code}\n```"
