"""What Android's bytecode refers to: classes, fields and methods, its own and others'.

The format: "Dalvik executable format", https://source.android.com/docs/core/runtime/dex-format.
"""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Iterator
from pathlib import Path

from ....errors import CheckError

_MAGIC = b"dex\n"
_TABLES = 0x38
"""Where the header says how many strings there are and where; then types, and so on."""

_NONE = 0xFFFFFFFF


@dataclasses.dataclass(frozen=True, order=True)
class Reference:
    """A field or method by the class through which it is used.

    Attributes:
        owner: The class, with slashes.
        name: The member's.
        descriptor: Its type, ``I``, or parameters and type, ``(I)V``.
    """

    owner: str
    name: str
    descriptor: str

    def __str__(self) -> str:
        """As in messages: ``android/view/View.getX()F``."""
        separator = "" if self.descriptor.startswith("(") else ":"
        return f"{self.owner}.{self.name}{separator}{self.descriptor}"


@dataclasses.dataclass(frozen=True)
class DexReferences:
    """All that a file of bytecode names.

    Attributes:
        parents: Of each class that is defined in it, the class and interfaces above.
        classes: All that are named.
        members: All that are named.
        defined: Methods that its own classes have.
    """

    parents: dict[str, tuple[str, ...]]
    classes: frozenset[str]
    members: frozenset[Reference]
    defined: frozenset[Reference]


def read_references(path: Path) -> DexReferences:
    """Reads a file of bytecode.

    Raises:
        CheckError: It is none.
    """
    content = path.read_bytes()
    if not content.startswith(_MAGIC):
        raise CheckError(f"{path}: is no bytecode of Android")
    try:
        return _Reader(content).references()
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise CheckError(f"{path}: is damaged bytecode of Android ({error})") from error


class _Reader:
    """The tables of a file."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        tables = [struct.unpack_from("<II", content, _TABLES + 8 * at) for at in range(6)]
        strings, types, prototypes, fields, methods, classes = tables
        self._strings = [self._text(*self._row("<I", strings, at)) for at in range(strings[0])]
        self._types = [
            self._strings[self._row("<I", types, number)[0]] for number in range(types[0])
        ]
        self._prototypes = [
            self._prototype(*self._row("<III", prototypes, at)[1:]) for at in range(prototypes[0])
        ]
        self._fields, self._methods, self._classes = fields, methods, classes

    def references(self) -> DexReferences:
        """See :func:`read_references`."""
        fields = [self._member(self._fields, at, self._types) for at in range(self._fields[0])]
        methods = [
            self._member(self._methods, at, self._prototypes) for at in range(self._methods[0])
        ]
        parents: dict[str, tuple[str, ...]] = {}
        defined: set[Reference] = set()
        for number in range(self._classes[0]):
            own, above, interfaces, data = self._row("<I4xII8xI4x", self._classes, number)
            named = [self._types[above]] if above != _NONE else []
            named += self._type_list(interfaces)
            parents[_bare(self._types[own])] = tuple(map(_bare, named))
            defined.update(methods[at] for at in self._defined(data))
        return DexReferences(
            parents,
            frozenset(name for name in map(_bare, self._types) if len(name) > 1),
            # Arrays of primitives have methods of java.lang.Object alone.
            frozenset(member for member in (*fields, *methods) if len(member.owner) > 1),
            frozenset(defined),
        )

    def _member(self, table: tuple[int, ...], number: int, kinds: list[str]) -> Reference:
        owner, kind, name = self._row("<HHI", table, number)
        return Reference(_bare(self._types[owner]), self._strings[name], kinds[kind])

    def _defined(self, place: int) -> Iterator[int]:
        """Numbers of the methods that a class has, by its data."""
        if place == 0:
            return
        counts = []
        for _ in range(4):
            count, place = self._number(place)
            counts.append(count)
        for _ in range(counts[0] + counts[1]):  # fields: number and flags
            place = self._number(self._number(place)[1])[1]
        for count in counts[2:]:
            method = 0
            for _ in range(count):
                step, place = self._number(place)
                method += step
                place = self._number(self._number(place)[1])[1]  # flags and code
                yield method

    def _number(self, place: int) -> tuple[int, int]:
        """A number in LEB128, and what follows it."""
        value = shift = 0
        while True:
            byte = self._content[place]
            place += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value, place

    def _row(self, layout: str, table: tuple[int, ...], number: int) -> tuple[int, ...]:
        return struct.unpack_from(
            layout, self._content, table[1] + number * struct.calcsize(layout)
        )

    def _text(self, place: int) -> str:
        _, place = self._number(place)  # its length
        end = self._content.index(0, place)
        return self._content[place:end].decode(errors="surrogateescape")

    def _prototype(self, kind: int, parameters: int) -> str:
        return f"({''.join(self._type_list(parameters))}){self._types[kind]}"

    def _type_list(self, place: int) -> list[str]:
        if place == 0:
            return []
        (count,) = struct.unpack_from("<I", self._content, place)
        numbers = struct.unpack_from(f"<{count}H", self._content, place + 4)
        return [self._types[number] for number in numbers]


def _bare(descriptor: str) -> str:
    """A class's name with slashes; what an array is of; one letter of a primitive."""
    name = descriptor.lstrip("[")
    return name[1:-1] if name.startswith("L") else name
