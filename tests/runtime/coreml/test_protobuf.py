"""Messages that the protobuf package writes are read as it reads them, whole and damaged."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest
from google.protobuf import (  # type: ignore[import-untyped]
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    struct_pb2,
    wrappers_pb2,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from lowformer_edge.runtime.coreml.protobuf import DamagedMessageError, Message

_FIELD = descriptor_pb2.FieldDescriptorProto

NUMBERS = {
    "int32": (1, st.integers(-(1 << 31), (1 << 31) - 1)),
    "int64": (2, st.integers(-(1 << 63), (1 << 63) - 1)),
    "uint32": (3, st.integers(0, (1 << 32) - 1)),
    "uint64": (4, st.integers(0, (1 << 63) - 1)),
    "bool": (5, st.booleans()),
    "fixed32": (6, st.integers(0, (1 << 32) - 1)),
    "sfixed64": (7, st.integers(-(1 << 63), (1 << 63) - 1)),
}
"""Kinds of numbers: the field that holds one of each, and its values."""

PACKED_INTEGERS, INTEGERS, PACKED_FLOATS, FLOATS, TEXT, TEXTS, BYTES, NESTED, LIST, MAP = range(
    8, 18
)
LARGEST_FIELD = MAP
MISSING = 536_870_911
"""The largest number that a field can have."""


def _message_class() -> Any:
    """A message with a field of each kind, which no well-known type has."""
    kind = descriptor_pb2.DescriptorProto(name="Everything")

    def field(name: str, number: int, kind_of: str, *, many: bool = False) -> Any:
        added = kind.field.add(name=name, number=number)
        added.type = getattr(_FIELD, f"TYPE_{kind_of.upper()}")
        added.label = _FIELD.LABEL_REPEATED if many else _FIELD.LABEL_OPTIONAL
        return added

    for name, (number, _) in NUMBERS.items():
        field(f"one_{name}", number, name)
    field("packed_integers", PACKED_INTEGERS, "int64", many=True).options.packed = True
    field("integers", INTEGERS, "int64", many=True)
    field("packed_floats", PACKED_FLOATS, "float", many=True).options.packed = True
    field("floats", FLOATS, "float", many=True)
    field("text", TEXT, "string")
    field("texts", TEXTS, "string", many=True)
    field("content", BYTES, "bytes")
    field("nested", NESTED, "message").type_name = ".test.Everything"
    field("list", LIST, "message", many=True).type_name = ".test.Everything"
    field("map", MAP, "message", many=True).type_name = ".test.Everything.MapEntry"
    entry = kind.nested_type.add(name="MapEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=_FIELD.TYPE_STRING, label=_FIELD.LABEL_OPTIONAL)
    entry.field.add(
        name="value",
        number=2,
        type=_FIELD.TYPE_MESSAGE,
        label=_FIELD.LABEL_OPTIONAL,
        type_name=".test.Everything",
    )
    pool = descriptor_pool.DescriptorPool()
    # Of proto2, where a field may be present with its default value.
    pool.Add(
        descriptor_pb2.FileDescriptorProto(
            name="test.proto", package="test", syntax="proto2", message_type=[kind]
        )
    )
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("test.Everything"))


EVERYTHING = _message_class()
INT64 = NUMBERS["int64"][1]
FLOAT = st.floats(width=32)
JSON = st.recursive(
    st.none() | st.booleans() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@st.composite
def contents(draw: st.DrawFn, depth: int = 2) -> Any:
    """A message in which each field may be missing."""
    message = EVERYTHING()
    for name, (_, numbers) in NUMBERS.items():
        if draw(st.booleans()):
            setattr(message, f"one_{name}", draw(numbers))
    for name, elements in (("integers", INT64), ("floats", FLOAT)):
        getattr(message, name).extend(draw(st.lists(elements, max_size=4)))
        getattr(message, f"packed_{name}").extend(draw(st.lists(elements, max_size=4)))
    if draw(st.booleans()):
        message.text = draw(st.text())
        message.content = draw(st.binary())
    message.texts.extend(draw(st.lists(st.text(), max_size=3)))
    if depth:
        inner = contents(depth - 1)
        if draw(st.booleans()):
            message.nested.CopyFrom(draw(inner))
        message.list.extend(draw(st.lists(inner, max_size=2)))
        for key, value in draw(st.dictionaries(st.text(), inner, max_size=2)).items():
            message.map[key].CopyFrom(value)
    return message


def read(content: bytes) -> Message:
    return Message(memoryview(content))


def assert_same(found: Message, expected: Any) -> None:
    """Compares each field of two readings of one message."""
    for name, (number, _) in NUMBERS.items():
        assert found.has(number) == expected.HasField(f"one_{name}")
        assert found.integer(number) == getattr(expected, f"one_{name}")
    assert found.integers(PACKED_INTEGERS) == tuple(expected.packed_integers)
    assert found.integers(INTEGERS) == tuple(expected.integers)
    for number, floats in ((PACKED_FLOATS, expected.packed_floats), (FLOATS, expected.floats)):
        assert found.floats(number).dtype == np.float32
        np.testing.assert_array_equal(found.floats(number), np.array(floats, np.float32))
    assert found.text(TEXT) == expected.text
    assert found.texts(TEXTS) == tuple(expected.texts)
    assert bytes(found.content(BYTES)) == expected.content
    assert found.has(NESTED) == expected.HasField("nested")
    if found.has(NESTED):
        assert_same(found.message(NESTED), expected.nested)
    assert len(found.messages(LIST)) == len(expected.list)
    for inner, message in zip(found.messages(LIST), expected.list, strict=True):
        assert_same(inner, message)
    entries = dict(found.entries(MAP))
    assert set(entries) == set(expected.map)
    for key, inner in entries.items():
        assert_same(inner, expected.map[key])


@given(contents())
@settings(max_examples=60, deadline=None)
def test_every_kind_of_field_reads_as_protobuf_reads_it(message: Any) -> None:
    content = message.SerializeToString()
    assert_same(read(content), EVERYTHING.FromString(content))


@given(contents(depth=0), contents(depth=0))
@settings(max_examples=60, deadline=None)
def test_joined_messages_read_as_protobuf_merges_them(first: Any, second: Any) -> None:
    content = first.SerializeToString() + second.SerializeToString()
    assert_same(read(content), EVERYTHING.FromString(content))


@pytest.mark.parametrize("name", NUMBERS)
@given(data=st.data())
@settings(deadline=None)
def test_numbers_of_any_kind_and_sign(name: str, data: st.DataObject) -> None:
    number, values = NUMBERS[name]
    value = data.draw(values)
    content = EVERYTHING(**{f"one_{name}": value}).SerializeToString()
    assert read(content).integer(number) == value
    assert read(content).integers(number) == (value,)


@given(st.lists(INT64), st.lists(INT64))
@settings(deadline=None)
def test_packed_and_single_numbers_may_mix(packed: list[int], single: list[int]) -> None:
    content = EVERYTHING(packed_integers=packed).SerializeToString()
    # The same field number, in the other encoding, as a reader must accept it.
    other = bytearray()
    for value in single:
        encoded = EVERYTHING(one_int64=value).SerializeToString()
        other += bytes([PACKED_INTEGERS << 3]) + encoded[1:]
    expected = EVERYTHING.FromString(content + bytes(other))
    assert read(content + bytes(other)).integers(PACKED_INTEGERS) == (*packed, *single)
    assert list(expected.packed_integers) == [*packed, *single]


@given(INT64, FLOAT, st.text(), st.binary())
@settings(deadline=None)
def test_wrappers_hold_their_values(integer: int, number: float, text: str, data: bytes) -> None:
    assert read(wrappers_pb2.Int64Value(value=integer).SerializeToString()).integer(1) == integer
    assert read(wrappers_pb2.StringValue(value=text).SerializeToString()).text(1) == text
    wrapped = wrappers_pb2.BytesValue(value=data).SerializeToString()
    assert bytes(read(wrapped).content(1)) == data
    floats = read(wrappers_pb2.FloatValue(value=number).SerializeToString()).floats(1)
    # The default value of a number is not written.
    np.testing.assert_array_equal(floats, np.array([number] if len(floats) else [], np.float32))
    assert len(floats) or number == 0


def from_struct(message: Message) -> dict[str, object]:
    return {key: from_value(value) for key, value in message.entries(1)}


def from_value(message: Message) -> object:
    if message.has(5):
        return from_struct(message.message(5))
    if message.has(6):
        return [from_value(item) for item in message.message(6).messages(1)]
    if message.has(4):
        return bool(message.integer(4))
    return message.text(3) if message.has(3) else None


@given(st.dictionaries(st.text(), JSON, max_size=5))
@settings(deadline=None)
def test_structures_of_maps_and_lists(content: dict[str, object]) -> None:
    message = struct_pb2.Struct()
    message.update(content)
    assert from_struct(read(message.SerializeToString())) == content


def test_a_schema_reads_as_protobuf_reads_it() -> None:
    content = descriptor_pb2.DESCRIPTOR.serialized_pb
    expected = descriptor_pb2.FileDescriptorProto.FromString(content)
    found = read(content)
    assert found.text(2) == expected.package == "google.protobuf"
    for message, kind in zip(found.messages(4), expected.message_type, strict=True):
        assert message.text(1) == kind.name
        for item, field in zip(message.messages(2), kind.field, strict=True):
            assert item.text(1) == field.name
            assert item.integer(3) == field.number
            assert item.integer(5) == field.type
            assert bool(item.message(8).integer(2)) == field.options.packed
        for item, part in zip(message.messages(5), kind.extension_range, strict=True):
            assert (item.integer(1), item.integer(2)) == (part.start, part.end)


def test_missing_fields_read_as_their_defaults() -> None:
    empty = read(b"")
    assert not empty.has(1)
    assert empty.integer(1) == 0
    assert empty.integer(1, default=-5) == -5
    assert empty.integers(1) == ()
    assert empty.floats(1).shape == (0,)
    assert empty.text(1) == ""
    assert empty.texts(1) == ()
    assert empty.messages(1) == ()
    assert bytes(empty.content(1)) == b""
    assert not empty.message(1).has(1)
    assert dict(empty.entries(1)) == {}
    assert not empty.has(1)


def test_a_text_that_is_no_unicode_is_still_a_text() -> None:
    assert read(b"\x0a\x02a\xff").text(1) == "a\ufffd"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x0b", "wire type 3 is unknown"),
        (b"\x0f\x00", "wire type 7 is unknown"),
        (b"\x80", "a number ends after its message"),
        (b"\x08\xff", "a number ends after its message"),
        (b"\x08" + b"\xff" * 10 + b"\x01", "a number is too long"),
        (b"\x0a\x05text", "a field ends after its message"),
        (b"\x0a" + b"\xff" * 9 + b"\x01", "a field ends after its message"),
        (b"\x0d\x00\x00\x00", "a field ends after its message"),
        (b"\x09" + b"\x00" * 7, "a field ends after its message"),
    ],
)
def test_damaged_bytes_are_named(content: bytes, message: str) -> None:
    with pytest.raises(DamagedMessageError, match=message):
        read(content)


def test_fields_of_another_kind_are_named() -> None:
    text, number = read(b"\x0a\x03abc"), read(b"\x08\x05")
    with pytest.raises(DamagedMessageError, match="field 1 is no number"):
        text.integer(1)
    with pytest.raises(DamagedMessageError, match="field 1 is no list of floats"):
        text.floats(1)
    for accessor in (number.content, number.text, number.texts, number.message, number.messages):
        with pytest.raises(DamagedMessageError, match="field 1 is a number"):
            accessor(1)
    with pytest.raises(DamagedMessageError, match="field 1 is a number"):
        list(number.entries(1))


def read_all(message: Message, depth: int = 2) -> None:
    """Reads each field in every way; no error but the one for damage is let through."""
    for field in (*range(LARGEST_FIELD + 1), MISSING):
        message.has(field)
        for accessor in (
            message.integer,
            message.integers,
            message.floats,
            message.content,
            message.text,
            message.texts,
            message.message,
            lambda field: list(message.entries(field)),
        ):
            with contextlib.suppress(DamagedMessageError):
                accessor(field)
        if depth:
            with contextlib.suppress(DamagedMessageError):
                for inner in message.messages(field):
                    read_all(inner, depth - 1)


def read_damaged(content: bytes) -> None:
    with contextlib.suppress(DamagedMessageError):
        read_all(read(content))


def sample() -> bytes:
    """A message with every field."""
    message = EVERYTHING(
        **{f"one_{name}": 1 for name in NUMBERS},
        packed_integers=[-1, 300],
        integers=[5, -7],
        packed_floats=[1.5, -2.5],
        floats=[0.1],
        text="text",
        texts=["one", "two"],
        content=b"\xff\x00",
    )
    inner = EVERYTHING(one_int32=-3, text="inner")
    message.nested.CopyFrom(inner)
    message.list.extend([inner, EVERYTHING(packed_floats=[3.0])])
    message.map["key"].CopyFrom(inner)
    return bytes(message.SerializeToString())


@given(st.binary(max_size=100))
@settings(max_examples=200, deadline=None)
def test_any_bytes_read_or_are_damaged(content: bytes) -> None:
    read_damaged(content)


@given(
    st.lists(
        st.tuples(
            st.integers(0, LARGEST_FIELD),
            st.sampled_from([0, 1, 2, 2, 5]),
            st.binary(max_size=12),
        ),
        max_size=8,
    )
)
@settings(max_examples=200, deadline=None)
def test_any_fields_read_or_are_damaged(fields: list[tuple[int, int, bytes]]) -> None:
    content = b""
    for field, kind, value in fields:
        key = field << 3 | kind
        content += bytes([key & 0x7F | 0x80, key >> 7])
        if kind == 2:
            content += bytes([len(value)]) + value
        elif kind == 0:
            # All but the last byte of a number have their highest bit set.
            content += bytes(byte | 0x80 for byte in value[:9]) + b"\x01"
        else:
            content += value.ljust(12, b"\xff")[: 4 if kind == 5 else 8]
    read_all(read(content))


def test_truncated_messages_read_or_are_damaged() -> None:
    content = sample()
    for length in range(len(content)):
        read_damaged(content[:length])


@given(st.lists(st.integers(0, len(sample()) * 8 - 1), min_size=1, max_size=4))
@settings(max_examples=200, deadline=None)
def test_flipped_bits_read_or_are_damaged(places: list[int]) -> None:
    content = bytearray(sample())
    for place in places:
        content[place // 8] ^= 1 << place % 8
    read_damaged(bytes(content))
