"""Sizes: one form each, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowformer_edge.artifact.size import as_size, parse_size, shown_size, sides_of
from lowformer_edge.errors import ConfigError


@given(st.integers(1, 9999), st.integers(1, 9999))
def test_a_size_survives_its_text(height: int, width: int) -> None:
    size = as_size((height, width))
    assert sides_of(size) == (height, width)
    assert parse_size(shown_size(size).replace(" ", "")) == size
    assert isinstance(size, int) == (height == width)


@pytest.mark.parametrize(
    "text", ["", "x", "192x", "x256", "192x256x3", "192 x 256", "-1", "1.5", "0", "0x0", "32x0"]
)
def test_texts_that_are_no_size(text: str) -> None:
    with pytest.raises(ConfigError, match="size"):
        parse_size(text)


@pytest.mark.parametrize("value", [True, 1.5, "224", (1,), (1, 2, 3), (1, 2.0), (True, 2), None])
def test_values_that_are_no_size(value: object) -> None:
    with pytest.raises(ConfigError, match="size"):
        as_size(value)  # type: ignore[arg-type]
