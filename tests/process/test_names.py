from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowformer_edge.errors import UsageError
from lowformer_edge.process.names import different_names, known_name, split_names

KNOWN = ("tflite", "iOS17", "8gen2")
TYPED = st.sampled_from(["", " ", *KNOWN, "TFLITE", " ios17 ", "8Gen2\t"])


@given(st.lists(TYPED))
def test_a_list_is_read_however_it_is_typed(items: list[str]) -> None:
    meant = [item.strip().casefold() for item in items if item.strip()]
    if not meant:
        with pytest.raises(UsageError, match="`to` takes names with commas between them"):
            different_names(",".join(items), "to", KNOWN)
        return
    found = different_names(",".join(items), "to", KNOWN)
    assert set(found) <= set(KNOWN)
    assert [name.casefold() for name in found] == list(dict.fromkeys(meant))


def test_what_is_given_twice_keeps_its_place_where_places_count() -> None:
    assert split_names("0.5, 0.5,0.5,", "mean") == ["0.5", "0.5", "0.5"]


def test_a_name_that_is_not_known_stays_as_it_was_typed() -> None:
    assert known_name("TFLight", KNOWN) == "TFLight"
