from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowformer_edge.artifact.labels import format_labels, read_labels, repeated, unique_names
from lowformer_edge.errors import DataError

NAMES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1)


@given(st.lists(NAMES, min_size=1))
def test_labels_round_trip(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    path = tmp_path_factory.mktemp("labels") / "labels.txt"
    path.write_text(format_labels(names), encoding="utf-8")
    assert read_labels(path) == tuple(names)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"cat\n\ndog\n", b"\xff\xfe"])
def test_files_that_are_no_labels(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"labels\.txt"):
        read_labels(path)


@pytest.mark.parametrize("classes", [1, 3])
def test_names_of_another_number_of_classes(classes: int, tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_text("cat\ndog\n")
    assert read_labels(path, 2) == ("cat", "dog")
    with pytest.raises(DataError, match=rf"has 2 names, but the model {classes} classes; export"):
        read_labels(path, classes)


@pytest.mark.parametrize("name", ["", "two\nlines", " padded", "a\u2028b"])
def test_names_that_do_not_fit_a_line(name: str) -> None:
    with pytest.raises(DataError, match="one line"):
        format_labels([name])


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_bytes("cat\ndog\n".encode("utf-8-sig"))
    assert read_labels(path) == ("cat", "dog")


@given(st.lists(st.sampled_from(["a", "b", "a (1)", "a (0)", "a (0) (0)"]), min_size=1))
def test_1_1_names_become_unique_and_others_stay(names: list[str]) -> None:
    unique = unique_names(names)
    assert len(set(unique)) == len(names)
    several = repeated(names)
    for number, (name, changed) in enumerate(zip(names, unique, strict=True)):
        assert changed == name if name not in several else changed.startswith(f"{name} ({number})")


def test_1_1_repeated_names_have_their_numbers() -> None:
    assert repeated(("crane", "kite", "crane")) == {"crane": [0, 2]}
    assert unique_names(("crane", "kite", "crane")) == ("crane (0)", "kite", "crane (2)")
