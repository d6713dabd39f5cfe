"""What Java's class files declare: a class's parents, fields and methods.

The format: "The Java Virtual Machine Specification, Java SE 11", chapter 4.
"""

from __future__ import annotations

import dataclasses
import struct
import zipfile
from pathlib import Path

from ....errors import CheckError

_MAGIC = 0xCAFEBABE
_UTF8, _CLASS, _LONG, _DOUBLE = 1, 7, 5, 6
_SIZES = {3: 4, 4: 4, 5: 8, 6: 8, 7: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4, 15: 3, 16: 2, 18: 4}
"""Bytes of a constant after its tag, but for texts."""

PROTECTED, STATIC, FINAL, INTERFACE, ABSTRACT = 0x0004, 0x0008, 0x0010, 0x0200, 0x0400


@dataclasses.dataclass(frozen=True)
class ClassMembers:
    """A class.

    Attributes:
        name: With slashes.
        flags: Its access flags, :data:`INTERFACE` among them.
        parents: The class and interfaces above it.
        members: Access flags of fields and methods by name and descriptor.
    """

    name: str
    flags: int
    parents: tuple[str, ...]
    members: dict[tuple[str, str], int]


def read_members(content: bytes) -> ClassMembers:
    """Reads a class file.

    Raises:
        CheckError: It is none.
    """
    try:
        return _members(content)
    except (struct.error, IndexError, KeyError) as error:
        raise CheckError("is no class file") from error


class ClassLibrary:
    """Classes of a JAR, each read when it is first asked for.

    Args:
        path: The JAR.
    """

    def __init__(self, path: Path) -> None:
        """Opens it and reads nothing."""
        self._path = path
        self._archive = zipfile.ZipFile(path)
        self._names = frozenset(self._archive.namelist())
        self._read: dict[str, ClassMembers | None] = {}

    def find(self, name: str) -> ClassMembers | None:
        """The class of a name with slashes, if it is in.

        Raises:
            CheckError: Its file is damaged.
        """
        if name not in self._read:
            file = f"{name}.class"
            try:
                self._read[name] = (
                    read_members(self._archive.read(file)) if file in self._names else None
                )
            except CheckError as error:
                raise CheckError(f"{self._path.name}: {file}: {error}") from error
        return self._read[name]

    def has(self, owner: str, member: str, descriptor: str) -> bool:
        """Whether a class or one above it has a field or method."""
        found = self.find(owner)
        return found is not None and (
            (member, descriptor) in found.members
            or any(self.has(parent, member, descriptor) for parent in found.parents)
        )


def _members(content: bytes) -> ClassMembers:
    if struct.unpack_from(">I", content)[0] != _MAGIC:
        raise CheckError("is no class file")
    texts, classes, place = _constants(content)

    def class_name(at: int) -> str:
        return texts[classes[_short(content, at)]]

    flags, name = _short(content, place), class_name(place + 2)
    parents = [class_name(place + 4)] if _short(content, place + 4) else []
    count = _short(content, place + 6)
    place += 8
    parents += [class_name(place + 2 * number) for number in range(count)]
    place += 2 * count
    members: dict[tuple[str, str], int] = {}
    for _ in ("fields", "methods"):
        count = _short(content, place)
        place += 2
        for _ in range(count):
            access, text, descriptor = struct.unpack_from(">HHH", content, place)
            members[texts[text], texts[descriptor]] = access
            place = _after_attributes(content, place + 6)
    return ClassMembers(name, flags, tuple(parents), members)


def _constants(content: bytes) -> tuple[dict[int, str], dict[int, int], int]:
    """Texts, classes' names as numbers of texts, and where the constants end."""
    texts: dict[int, str] = {}
    classes: dict[int, int] = {}
    place, number, count = 10, 1, _short(content, 8)
    while number < count:
        tag = content[place]
        if tag == _UTF8:
            size = 2 + _short(content, place + 1)
            texts[number] = content[place + 3 : place + 1 + size].decode(errors="replace")
        else:
            size = _SIZES[tag]
            if tag == _CLASS:
                classes[number] = _short(content, place + 1)
        place += 1 + size
        number += 2 if tag in (_LONG, _DOUBLE) else 1
    return texts, classes, place


def _after_attributes(content: bytes, place: int) -> int:
    count = _short(content, place)
    place += 2
    for _ in range(count):
        place += 6 + struct.unpack_from(">I", content, place + 2)[0]
    return int(place)


def _short(content: bytes, place: int) -> int:
    value: int = struct.unpack_from(">H", content, place)[0]
    return value
