"""Class names as people keep them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowformer_edge.errors import DataError
from lowformer_edge.models.class_list import read_class_list
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.loading import load_model

FISH = ("tench, Tinca tinca", "goldfish", "crane")


def write(folder: Path, content: str, name: str = "labels.txt") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8-sig")
    return path


@pytest.mark.parametrize(
    "content",
    [
        "tench, Tinca tinca\ngoldfish\ncrane\n",
        "0 tench, Tinca tinca\n1 goldfish\n2 crane\n",
        "0: tench, Tinca tinca\n1: goldfish\n2: crane\n",
        "0\ttench, Tinca tinca\n1\tgoldfish\n2\tcrane\n",
        "id,name\n0,tench, Tinca tinca\n1,goldfish\n2,crane\n",
        "1 goldfish\n0 tench, Tinca tinca\n2 crane\n",
        "1 tench, Tinca tinca\n2 goldfish\n3 crane\n",
        "n01440764 tench, Tinca tinca\nn01443537 goldfish\nn02012849 crane\n",
        "n01440764\ttench, Tinca tinca\nn01443537\tgoldfish\nn02012849\tcrane\n",
        '["tench, Tinca tinca", "goldfish", "crane"]',
        '{"1": "goldfish", "0": "tench, Tinca tinca", "2": "crane"}',
        '{"0": ["n01440764", "tench, Tinca tinca"], "1": ["n01443537", "goldfish"],'
        ' "2": ["n02012849", "crane"]}',
        '{"crane": 2, "goldfish": 1, "tench, Tinca tinca": 0}',
        '{\n\n"id2label": {"0": "tench, Tinca tinca", "1": "goldfish", "2": "crane"}}',
        "{0: 'tench, Tinca tinca',\n 1: 'goldfish',\n 2: 'crane'}",
    ],
)
def test_2_5_lists_of_class_names(content: str, tmp_path: Path) -> None:
    assert read_class_list(write(tmp_path, content)).names == FISH
    if content[0] in "{[" and "'" not in content:
        assert read_class_list(write(tmp_path, content, "config.JSON")).names == FISH


@pytest.mark.parametrize(
    "lines",
    [
        ("1 euro", "2 euro"),
        ("4 door", "2 door"),
        ("0 stars", "1 star", "2 stars"),
        ("7 up", "cat", "dog"),
        ("n01440764", "n01443537"),
        ("[unknown]", "cat"),
    ],
)
def test_2_5_numbers_that_belong_to_names_stay(lines: tuple[str, ...], tmp_path: Path) -> None:
    found = read_class_list(write(tmp_path, "\n".join(lines)))
    assert (found.names, found.note) == (lines, "")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[]", "give a list of names"),
        ('{"1": "cat"}', "with all numbers from 0"),
        ('{"0": "cat", "0": "dog"}', "has '0' twice"),
        ('{"0": "cat", "x": "dog"}', "with all numbers from 0"),
        ('["cat", 3]', "class 1 has no name"),
        ('"cat"', "give a list of names"),
        ("cat\n", "is no JSON"),
        ("[" * 9999, "is no JSON"),
    ],
)
def test_2_5_json_that_is_no_list_of_names(content: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=reason):
        read_class_list(write(tmp_path, content, "x.json"))


@settings(deadline=None)
@given(content=st.text() | st.text('ab.,01:\t"\n {}[]'), name=st.sampled_from(["a.txt", "a.json"]))
def test_any_text_is_a_list_or_one_error(
    content: str, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    try:
        names = read_class_list(path).names
    except DataError:
        return
    assert names
    assert all(names)


def test_2_5_wordnet_ids_in_the_devkits_order_are_refused(tmp_path: Path) -> None:
    ids = [f"n{number:08}" for number in range(1000)]
    lines = [f"{one} {number + 1} name" for number, one in enumerate(reversed(ids))]
    with pytest.raises(DataError, match="its WordNet ids are not sorted"):
        read_class_list(write(tmp_path, "\n".join(lines)))


def test_2_5_what_was_taken_off_is_said(tmp_path: Path, slight_config: LowFormerConfig) -> None:
    config = slight_config.replace(num_classes=3)
    path = write(tmp_path, "0 crane\n1 goldfish\n2 tench\n")
    loaded = load_model(config=config, random_weights=True, labels=path)
    assert loaded.labels == ("crane", "goldfish", "tench")
    (note,) = loaded.notes
    assert note == "labels.txt: lines begin with class numbers, which were taken off"


def test_1_1_classes_of_one_name_are_said(slight_config: LowFormerConfig) -> None:
    names = ("crane", "kite", "crane", "jay", "hen")
    (note,) = load_model(config=slight_config, random_weights=True, labels=names).notes
    assert "classes 0 and 2 (crane) have one name" in note
    assert "'crane (0)'" in note


def test_4_class_names_of_a_pipe_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "labels.txt")
    with pytest.raises(DataError, match="is not a regular file"):
        read_class_list(tmp_path / "labels.txt")
