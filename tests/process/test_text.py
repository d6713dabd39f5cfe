from __future__ import annotations

import pytest

from lowformer_edge.process.text import printable


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
