"""Java's class files of version 11 as ones of version 8, which dx takes.

Of what changed between the versions, compiled libraries use two things: nests (JEP 181), by which
the classes of one source file reach each other's private members, and string concatenation by
``invokedynamic``. The first is undone here, the second refused.

The format: "The Java Virtual Machine Specification, Java SE 11", chapter 4.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Collection
from pathlib import Path

from ....errors import CheckError

JAVA_8 = 52

_MAGIC = 0xCAFEBABE
_PRIVATE = 0x0002
_NESTS = {b"NestHost", b"NestMembers"}

_UTF8, _LONG, _DOUBLE = 1, 5, 6
_SIZES = {3: 4, 4: 4, 5: 8, 6: 8, 7: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4, 15: 3, 16: 2}
"""Bytes of a constant after its tag, but for texts."""

_DYNAMIC = {17, 18}


def lower_jar(source: Path, target: Path, leave_out: Collection[str] = ()) -> None:
    """Writes a library with its classes as ones of version 8.

    Args:
        source: A JAR.
        target: The JAR to write; it holds classes alone.
        leave_out: Packages that are not wanted, with slashes.

    Raises:
        CheckError: A class is damaged or uses what cannot be undone.
    """
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, "w") as lowered:
        for name in archive.namelist():
            if name.endswith(".class") and not name.startswith(tuple(leave_out)):
                try:
                    lowered.writestr(name, lower_class(archive.read(name)))
                except CheckError as error:
                    raise CheckError(f"{source.name}: {name}: {error}") from error


def lower_class(content: bytes) -> bytes:
    """A class file as one of version 8.

    Its members lose being private, which is what its nest gave the others of its file.

    Raises:
        CheckError: It is damaged or uses what cannot be undone.
    """
    try:
        return _lower(bytearray(content))
    except (struct.error, IndexError, KeyError) as error:
        raise CheckError("is no class file") from error


def _lower(content: bytearray) -> bytes:
    if struct.unpack_from(">I", content)[0] != _MAGIC:
        raise CheckError("is no class file")
    texts, place = _constants(content)
    struct.pack_into(">HH", content, 4, 0, JAVA_8)
    place += 6  # flags, this class, super class
    place += 2 + 2 * _short(content, place)  # interfaces
    for _ in ("fields", "methods"):
        count = _short(content, place)
        place += 2
        for _ in range(count):
            flags = _short(content, place)
            struct.pack_into(">H", content, place, flags & ~_PRIVATE)
            place = _after_attributes(content, place + 6)
    return bytes(content[:place]) + _without_nests(content, place, texts)


def _constants(content: bytearray) -> tuple[dict[int, bytes], int]:
    """The texts among the constants by their number, and where the constants end."""
    texts: dict[int, bytes] = {}
    place, number, count = 10, 1, _short(content, 8)
    while number < count:
        tag = content[place]
        if tag in _DYNAMIC:
            raise CheckError("calls by invokedynamic, which Android's old compiler does not know")
        if tag == _UTF8:
            size = 2 + _short(content, place + 1)
            texts[number] = bytes(content[place + 3 : place + 1 + size])
        else:
            size = _SIZES[tag]
        place += 1 + size
        number += 2 if tag in (_LONG, _DOUBLE) else 1
    return texts, place


def _after_attributes(content: bytearray, place: int) -> int:
    """Where a list of attributes ends that starts at a place."""
    count = _short(content, place)
    place += 2
    for _ in range(count):
        place += 6 + struct.unpack_from(">I", content, place + 2)[0]
    return place


def _without_nests(content: bytearray, place: int, texts: dict[int, bytes]) -> bytes:
    """The class's own attributes, without those of nests."""
    kept = []
    count = _short(content, place)
    place += 2
    for _ in range(count):
        name, length = struct.unpack_from(">HI", content, place)
        if texts[name] not in _NESTS:
            kept.append(bytes(content[place : place + 6 + length]))
        place += 6 + length
    return struct.pack(">H", len(kept)) + b"".join(kept)


def _short(content: bytearray, place: int) -> int:
    value: int = struct.unpack_from(">H", content, place)[0]
    return value
