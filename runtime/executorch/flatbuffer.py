"""Reading FlatBuffers tables by field number, without generated code.

FlatBuffers lays a table out as a signed offset to its vtable, which holds for each field an
offset into the table (https://flatbuffers.dev/internals). Every read is checked against the
buffer's end, so that a damaged file is an error and not a crash.
"""

from __future__ import annotations

import struct


class DamagedBufferError(ValueError):
    """An offset leads outside the buffer."""


class Table:
    """A table of a FlatBuffers message.

    Args:
        buffer: The whole message.
        position: Where in it the table starts.
    """

    def __init__(self, buffer: memoryview, position: int) -> None:
        self._buffer = buffer
        self._position = position
        vtable = position - self._number("<i", position)
        size = self._number("<H", vtable)
        self._fields = [self._number("<H", vtable + at) for at in range(4, size, 2)]

    @classmethod
    def root(cls, buffer: memoryview) -> Table:
        """The message's root table."""
        return cls(buffer, _number(buffer, "<I", 0))

    def integer(self, field: int, kind: str = "<i", default: int = 0) -> int:
        """A number of the type that ``struct`` calls ``kind``."""
        position = self._at(field)
        return default if position is None else self._number(kind, position)

    def text(self, field: int) -> str:
        """A string; empty where the field is missing."""
        return bytes(self.content(field)).decode("utf-8", errors="replace")

    def content(self, field: int) -> memoryview:
        """A vector of bytes; empty where the field is missing."""
        start, length = self._vector(field)
        if start + length > len(self._buffer):
            raise DamagedBufferError("a vector ends after the file")
        return self._buffer[start : start + length]

    def number(self, field: int, default: float = 0.0) -> float:
        """A 32-bit floating-point number."""
        position = self._at(field)
        return default if position is None else _unpacked(self._buffer, "<f", position)

    def integers(self, field: int, kind: str = "<i") -> tuple[int, ...]:
        """A vector of integers of the type that ``struct`` calls ``kind``."""
        start, length = self._vector(field)
        size = struct.calcsize(kind)
        return tuple(self._number(kind, start + size * index) for index in range(length))

    def numbers(self, field: int) -> tuple[float, ...]:
        """A vector of 32-bit floating-point numbers."""
        start, length = self._vector(field)
        return tuple(_unpacked(self._buffer, "<f", start + 4 * index) for index in range(length))

    def table(self, field: int) -> Table | None:
        """A table, also one that is a union's value."""
        position = self._at(field)
        return None if position is None else self._table(position)

    def tables(self, field: int) -> tuple[Table, ...]:
        """A vector of tables."""
        start, length = self._vector(field)
        return tuple(self._table(start + 4 * index) for index in range(length))

    def union(self, field: int) -> tuple[int, Table | None]:
        """A union's type, 0 for none, and its value; it takes two fields."""
        return self.integer(field, "<B"), self.table(field + 1)

    def _vector(self, field: int) -> tuple[int, int]:
        """Where a vector's items start, and how many there are."""
        position = self._at(field)
        if position is None:
            return 0, 0
        start = position + self._number("<I", position)
        length = self._number("<I", start)
        if length > len(self._buffer):
            raise DamagedBufferError("a vector is longer than the file")
        return start + 4, length

    def _table(self, position: int) -> Table:
        return Table(self._buffer, position + self._number("<I", position))

    def _at(self, field: int) -> int | None:
        """Where a field's value lies, or None where it is missing."""
        offset = self._fields[field] if field < len(self._fields) else 0
        return self._position + offset if offset else None

    def _number(self, kind: str, position: int) -> int:
        return _number(self._buffer, kind, position)


def _number(buffer: memoryview, kind: str, position: int) -> int:
    return int(_unpacked(buffer, kind, position))


def _unpacked(buffer: memoryview, kind: str, position: int) -> float:
    if position < 0:
        raise DamagedBufferError("an offset leads before the file's start")
    try:
        (number,) = struct.unpack_from(kind, buffer, position)
    except struct.error as error:
        raise DamagedBufferError("an offset leads behind the file's end") from error
    return number
