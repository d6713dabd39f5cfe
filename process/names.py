"""Names as people type them: several with commas between them, in capitals or not."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import UsageError


def split_names(text: str, parameter: str) -> list[str]:
    """The items of a list with commas between them, without the spaces around them.

    Nothing between two commas, or after the last, is passed over. What is given twice is there
    twice, since of some lists every item has its place.

    Args:
        text: Such as ``tflite, onnx,``.
        parameter: What the list is given for.

    Raises:
        UsageError: The list has no item.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise UsageError(f"`{parameter}` takes names with commas between them, not {text!r}")
    return names


def different_names(text: str, parameter: str, known: Iterable[str] = ()) -> list[str]:
    """The items of such a list, each once, in the order in which they come first.

    Args:
        text: See :func:`split_names`.
        parameter: Likewise.
        known: What some of the items are called, see :func:`known_name`.

    Raises:
        UsageError: The list has no item.
    """
    spellings = tuple(known)
    return list(dict.fromkeys(known_name(name, spellings) for name in split_names(text, parameter)))


def known_name(name: str, known: Iterable[str]) -> str:
    """A name as it is spelled in a list, such as ``tflite`` for ``TFLite``.

    Args:
        name: In capitals or not.
        known: The names that there are; no two of them differ in capitals alone.

    Returns:
        That of the list, or the name itself where the list has it not.
    """
    return {other.casefold(): other for other in known}.get(name.casefold(), name)
