"""Reading Protocol Buffers messages by field number, without generated code.

A message is a sequence of fields, each a key (number and wire type) and a value
(https://protobuf.dev/programming-guides/encoding). Every read is checked against the message's
end, so that a damaged file is an error and not a crash.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT = 10


class DamagedMessageError(ValueError):
    """The bytes are no message of the expected kind."""


class Message:
    """The fields of one message.

    Args:
        buffer: The encoded message.
    """

    def __init__(self, buffer: memoryview) -> None:
        self._fields: dict[int, list[int | memoryview]] = defaultdict(list)
        position = 0
        while position < len(buffer):
            key, position = _varint(buffer, position)
            value, position = _value(buffer, position, key & 7)
            self._fields[key >> 3].append(value)

    def has(self, field: int) -> bool:
        """Whether the message has a field, be it with its default value."""
        return field in self._fields

    def integer(self, field: int, default: int = 0) -> int:
        """A number; the last one counts where there are several."""
        value = self._fields[field][-1] if self.has(field) else default
        if not isinstance(value, int):
            raise DamagedMessageError(f"field {field} is no number")
        return _signed(value)

    def content(self, field: int) -> memoryview:
        """Bytes; empty where the field is missing."""
        contents = self._contents(field)
        return contents[-1] if contents else memoryview(b"")

    def text(self, field: int) -> str:
        """A string; empty where the field is missing."""
        return _text(self.content(field))

    def texts(self, field: int) -> tuple[str, ...]:
        """Strings."""
        return tuple(_text(content) for content in self._contents(field))

    def message(self, field: int) -> Message:
        """A message; empty where the field is missing."""
        return Message(self.content(field))

    def messages(self, field: int) -> tuple[Message, ...]:
        """Messages, in their order."""
        return tuple(Message(content) for content in self._contents(field))

    def entries(self, field: int) -> Iterator[tuple[str, Message]]:
        """The pairs of a map from strings to messages."""
        for entry in self.messages(field):
            yield entry.text(1), entry.message(2)

    def integers(self, field: int) -> tuple[int, ...]:
        """Numbers, packed together or not."""
        found: list[int] = []
        for value in self._fields.get(field, []):
            if isinstance(value, int):
                found.append(_signed(value))
                continue
            position = 0
            while position < len(value):
                number, position = _varint(value, position)
                found.append(_signed(number))
        return tuple(found)

    def floats(self, field: int) -> NDArray[np.float32]:
        """32-bit floats, packed together or not."""
        parts = []
        for value in self._fields.get(field, []):
            content = struct.pack("<I", value & 0xFFFFFFFF) if isinstance(value, int) else value
            if len(content) % 4:
                raise DamagedMessageError(f"field {field} is no list of floats")
            parts.append(np.frombuffer(content, "<f4"))
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)

    def _contents(self, field: int) -> list[memoryview]:
        contents = []
        for value in self._fields.get(field, []):
            if isinstance(value, int):
                raise DamagedMessageError(f"field {field} is a number")
            contents.append(value)
        return contents


def _value(buffer: memoryview, position: int, kind: int) -> tuple[int | memoryview, int]:
    """A field's value, and where the next field starts."""
    if kind == _VARINT:
        return _varint(buffer, position)
    if kind == _BYTES:
        length, position = _varint(buffer, position)
    elif kind in (_FIXED32, _FIXED64):
        length = 4 if kind == _FIXED32 else 8
    else:
        raise DamagedMessageError(f"wire type {kind} is unknown")
    end = position + length
    if end > len(buffer):
        raise DamagedMessageError("a field ends after its message")
    content = buffer[position:end]
    if kind == _BYTES:
        return content, end
    return int.from_bytes(content, "little"), end


def _varint(buffer: memoryview, position: int) -> tuple[int, int]:
    """An unsigned number of variable length, and where the next value starts."""
    value = 0
    for count in range(_LONGEST_VARINT):
        if position + count >= len(buffer):
            raise DamagedMessageError("a number ends after its message")
        byte = buffer[position + count]
        value |= (byte & 0x7F) << 7 * count
        if byte < 0x80:
            return value, position + count + 1
    raise DamagedMessageError("a number is too long")


def _signed(value: int) -> int:
    """A 64-bit number in two's complement."""
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


def _text(content: memoryview) -> str:
    return bytes(content).decode("utf-8", errors="replace")
