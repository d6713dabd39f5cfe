"""Schemas of JSONs, and what differs between two."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .json_schema import Declared, Schema, differences, paths_of, schema_of


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ("x", "string"),
        (True, "boolean"),
        (1, "integer"),
        (1.0, "number"),
        (None, "null"),
        ([], ["nothing"]),
        ([1, 2], ["integer"]),
        ([1, 2.5], ["number"]),
        ([None, 1, "x", 2.5], ["null | number | string"]),
        ([[1], []], [["integer"]]),
        ([[1], None], [{"|": ["null", ["integer"]]}]),
        ({"b": 1, "a": {"c": []}}, {"b": "integer", "a": {"c": ["nothing"]}}),
        ({}, {}),
        ([{"a": 1}, None, [True]], [{"|": ["null", {"a": "integer"}, ["boolean"]]}]),
    ],
)
def test_what_values_are(value: Any, schema: Schema) -> None:
    assert schema_of(value) == schema


def test_what_only_some_elements_have_is_optional_and_stays_in_its_place() -> None:
    items: list[Any] = [{"a": 1, "d": 2}, {"a": 1.5, "b": 3, "d": 2}, {"a": 1, "c": None, "d": 2}]
    fields = {"a": "number", "b?": "integer", "c?": "null", "d": "integer"}
    for order in (items, items[::-1]):
        # As texts, for the order of the fields counts.
        assert json.dumps(schema_of(order)) == json.dumps([fields])


def test_orders_that_exclude_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match=r"x\[\]: a, b come in different orders"):
        schema_of({"x": [{"a": 1, "b": 2}, {"b": 2, "a": 1}]})


def test_keys_that_are_data_are_not_recorded() -> None:
    value = {"files": [{"ops": {"CONV": 3}}, {"ops": {"ADD": 1, "PAD": 2}}], "refused": {}}
    declared = Declared(maps=("files[].ops", "refused"))
    assert schema_of(value, declared) == {
        "files": [{"ops": {"*": "integer"}}],
        "refused": {"*": "nothing"},
    }
    assert schema_of({"arm": {"folder": "x"}}, Declared(maps=("",))) == {"*": {"folder": "string"}}


def test_a_declared_type_need_not_be_seen_and_hides_no_other() -> None:
    declared = Declared(also={"load": "null | number", "doubts[]": "string"})
    schema: Schema = {"load": "null | number", "doubts": ["string"]}
    values: list[Any] = [{"load": None, "doubts": []}, {"load": 0.5, "doubts": ["busy"]}]
    for value in values:
        assert schema_of(value, declared) == schema
    other = schema_of({"load": "x", "doubts": []}, declared)
    assert differences(schema, other) == ["load: is null | number | string, was null | number"]


def test_fields_of_some_machines_are_left_out() -> None:
    value = {"machine": {"cores": "2", "board": "Pi"}}
    assert schema_of(value, Declared(left_out=("machine.board",))) == {
        "machine": {"cores": "string"}
    }


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        ({}, []),
        ({"a": 1.5}, ["a: is number, was integer"]),
        ({"a": None}, ["a: is null, was integer"]),
        ({"list": [{"x": 1}]}, ["list[].y: is gone"]),
        ({"list": [{"x": 1, "y": 1, "z": 1}]}, ["list[].z: is new"]),
        ({"list": [{"y": 1, "x": 1}]}, ["list[]: its fields come as y, x"]),
        ({"list": [{"x": 1, "y": 1}, {"x": 1}]}, ["list[].y: is no longer always there"]),
        ({"list": [None, {"x": 1, "y": 1}]}, ["list[]: is null | an object, was an object"]),
        ({"list": []}, ["list[]: is nothing, was an object"]),
        ({"map": {"any": "x"}}, ["map.*: is string, was integer"]),
        ({"map": {"other": 3}}, []),
        ({"new": 1}, ["new: is new"]),
    ],
)
def test_differences_are_told_by_path(change: dict[str, Any], lines: list[str]) -> None:
    value = {"a": 1, "list": [{"x": 1, "y": 1}], "map": {"some": 1}}
    declared = Declared(maps=("map",))
    recorded = schema_of(value, declared)
    assert differences(recorded, schema_of({**value, **change}, declared)) == lines


def test_the_outermost_order_is_told_too() -> None:
    assert differences(schema_of({"a": 1, "b": 2}), schema_of({"b": 2, "a": 1})) == [
        "all: its fields come as b, a"
    ]
    assert differences("string", ["string"]) == ["all: is a list, was string"]


def test_a_schema_survives_being_written_down() -> None:
    schema = schema_of([{"a": None, "b": [1]}, {"a": {"c": 1.5}}])
    again = json.loads(json.dumps(schema))
    assert differences(schema, again) == []
    assert list(paths_of(again)) == ["", "[]", "[].a", "[].a.c", "[].b", "[].b[]"]
