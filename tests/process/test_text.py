from __future__ import annotations

import pytest

from lowformer_edge.process.text import printable, shortened, shown_value, whole_number


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plain.png", "plain.png"),
        ("é ☃.png", "é ☃.png"),
        ("caf\udce9.png", "caf\\xe9.png"),
        ("a\nb\x1b[2J", "a\\nb\\x1b[2J"),
    ],
)
def test_any_file_name_can_be_shown(name: str, expected: str) -> None:
    assert printable(name) == expected
    printable(name).encode("utf-8")


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("087", 87), ("", None), ("-1", None), ("²", None), ("١", None), ("9" * 5000, None)],
)
def test_whole_numbers(text: str, number: int | None) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize(
    "value",
    ["x" * 5000, [[1] * 5000] * 5000, 10**5000, {"a": ["x" * 500]}],
    ids=["text", "lists", "number", "dictionary"],
)
def test_values_are_shown_in_short(value: object) -> None:
    assert len(shown_value(value)) < 300


def test_values_nested_deeply_are_shown() -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    assert shown_value(value) == "[[[[...]]]]"


def test_long_lines_lose_their_middle() -> None:
    assert shortened("a line") == "a line"
    line = shortened("a" * 5000 + "b" * 5000)
    assert len(line) < 2100
    assert line.startswith("aaa")
    assert line.endswith("bbb")
