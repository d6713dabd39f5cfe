"""The schema of a JSON that a command printed: its fields in their order, and their types.

A schema is itself a JSON that can be read:

- an object is an object of its fields' schemas, in their order; a field that only some of a
  list's objects have has a ``?`` behind its name;
- an object whose keys are data, such as names of files, is ``{"*": schema of the values}``;
- a list is a list of the one schema of its elements;
- a plain value is ``string``, ``integer``, ``number``, ``boolean`` or ``null``, or several of these
  with a bar between them, and ``nothing`` where no value was seen;
- what may be an object or a list besides others is ``{"|": [all that it may be]}``.

Paths are written as ``files[].ops.*``: a field, an element of a list, a value of such a map.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any, TypeAlias

Schema: TypeAlias = "str | list[Schema] | dict[str, Schema]"

NOTHING = "nothing"
_ANY_KEY = "*"
_EITHER = "|"
_OPTIONAL = "?"
_SEPARATOR = " | "
_NAMES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


@dataclasses.dataclass(frozen=True)
class Declared:
    """What a single output cannot tell, by path.

    Attributes:
        maps: Objects whose keys are data.
        also: Types that a value may have, whether or not it had them this time.
        left_out: Fields that are there on some machines only.
    """

    maps: Collection[str] = ()
    also: Mapping[str, str] = dataclasses.field(default_factory=dict)
    left_out: Collection[str] = ()


def schema_of(value: Any, declared: Declared | None = None) -> Schema:
    """The schema of a JSON value.

    Raises:
        ValueError: Objects of one list have their fields in orders that exclude each other.
    """
    return _schema([value], "", declared or Declared())


def _schema(values: Sequence[Any], path: str, declared: Declared) -> Schema:
    """The schema of all values that were seen at a path."""
    objects = [value for value in values if isinstance(value, dict)]
    lists = [value for value in values if isinstance(value, list)]
    plain = {_NAMES[type(value)] for value in values if type(value) in _NAMES}
    plain |= set(declared.also[path].split(_SEPARATOR) if path in declared.also else ())
    if "number" in plain:
        plain.discard("integer")
    parts: list[Schema] = [_SEPARATOR.join(sorted(plain))] if plain else []
    if objects and path in declared.maps:
        items = [item for one in objects for item in one.values()]
        parts.append({_ANY_KEY: _schema(items, _within(path, _ANY_KEY), declared)})
    elif objects:
        parts.append(_fields(objects, path, declared))
    if lists:
        items = [item for one in lists for item in one]
        parts.append([_schema(items, f"{path}[]", declared)])
    if len(parts) > 1:
        return {_EITHER: parts}
    return parts[0] if parts else NOTHING


def _fields(objects: Sequence[dict[str, Any]], path: str, declared: Declared) -> dict[str, Schema]:
    fields = {}
    for name in _common_order(objects, path):
        place = _within(path, name)
        if place not in declared.left_out:
            values = [item[name] for item in objects if name in item]
            mark = "" if len(values) == len(objects) else _OPTIONAL
            fields[name + mark] = _schema(values, place, declared)
    return fields


def _common_order(objects: Sequence[dict[str, Any]], path: str) -> list[str]:
    """All names, in an order that is each object's; the same whatever the objects' own order."""
    before: dict[str, set[str]] = {}
    for item in objects:
        for name in item:
            before.setdefault(name, set())
        for previous, name in itertools.pairwise(item):
            before[name].add(previous)
    sorter = TopologicalSorter(before)
    try:
        sorter.prepare()
    except CycleError as error:
        names = sorted(set(error.args[1]))
        raise ValueError(f"{path}: {', '.join(names)} come in different orders") from error
    ready: list[str] = []
    order = []
    while sorter.is_active():
        first, *ready = sorted([*ready, *sorter.get_ready()])
        sorter.done(first)
        order.append(first)
    return order


def _within(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def differences(recorded: Schema, found: Schema, path: str = "") -> list[str]:
    """What a schema has otherwise than a recorded one, a line for each path."""
    old, new = _parts(recorded), _parts(found)
    lines = []
    if (old.keys(), old.get(str)) != (new.keys(), new.get(str)):
        lines.append(f"{path or 'all'}: is {_named(found)}, was {_named(recorded)}")
    for kind in (dict, list):
        was, now = old.get(kind), new.get(kind)
        if isinstance(was, dict) and isinstance(now, dict):
            lines += _field_differences(was, now, path)
        elif isinstance(was, list) and isinstance(now, list):
            lines += differences(was[0], now[0], f"{path}[]")
    return lines


def _field_differences(
    recorded: dict[str, Schema], found: dict[str, Schema], path: str
) -> list[str]:
    old, new = _unmarked(recorded), _unmarked(found)
    lines = [f"{_within(path, name)}: is gone" for name in old if name not in new]
    lines += [f"{_within(path, name)}: is new" for name in new if name not in old]
    shared = [name for name in old if name in new]
    now = [name for name in new if name in old]
    if shared != now:
        lines.append(f"{path or 'all'}: its fields come as {', '.join(now)}")
    for name in shared:
        if (name in recorded) != (name in found):
            change = "no longer always" if name in recorded else "always"
            lines.append(f"{_within(path, name)}: is {change} there")
        lines += differences(old[name], new[name], _within(path, name))
    return lines


def _unmarked(fields: dict[str, Schema]) -> dict[str, Schema]:
    return {name.removesuffix(_OPTIONAL): schema for name, schema in fields.items()}


def _parts(schema: Schema) -> dict[type, Schema]:
    """What something may be: a text for plain values, an object, a list."""
    if isinstance(schema, dict) and _EITHER in schema:
        parts = schema[_EITHER]
        assert isinstance(parts, list)
        return {type(part): part for part in parts}
    return {type(schema): schema}


def _named(schema: Schema) -> str:
    names = [
        part if isinstance(part, str) else "a list" if isinstance(part, list) else "an object"
        for part in _parts(schema).values()
    ]
    return _SEPARATOR.join(names)


def paths_of(schema: Schema, path: str = "") -> Iterator[str]:
    """Every path of a schema, its own first."""
    yield path
    for part in _parts(schema).values():
        if isinstance(part, dict):
            for name, inner in _unmarked(part).items():
                yield from paths_of(inner, _within(path, name))
        elif isinstance(part, list):
            yield from paths_of(part[0], f"{path}[]")
