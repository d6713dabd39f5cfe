"""Finding classes by what people call them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowformer_edge.calibration.data.class_index import ClassIndex, Found, Way
from lowformer_edge.calibration.data.imagenet import imagenet_classes
from lowformer_edge.errors import DataError

PRIMARY = [one.words.split(",")[0] for one in imagenet_classes()]
"""What most lists of ImageNet's classes call them."""


def number_of(index: ClassIndex, text: str) -> int | None:
    found = index.find(text)
    return None if found is None else found.number


@settings(deadline=None)
@given(st.lists(st.text(min_size=1), min_size=1, unique=True))
def test_1_1_a_name_is_always_its_own_class(names: list[str]) -> None:
    index = ClassIndex(names, len(names))
    assert [number_of(index, name) for name in names] == list(range(len(names)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("C", 0), ("C++", 1), ("C#", 2), ("c", 0), ("c#", 2), ("c++", 1), ("C!", None), ("D", None)],
)
def test_1_1_names_that_differ_by_punctuation(text: str, expected: int | None) -> None:
    assert number_of(ClassIndex(("C", "C++", "C#"), 3), text) == expected


@pytest.mark.parametrize("text", ["Great_white-shark", "great white shark", "GREAT  WHITE SHARK"])
def test_1_1_case_and_spaces_do_not_count(text: str) -> None:
    found = ClassIndex(("ray", "great white shark"), 2).find(text)
    assert found is not None
    assert found.number == 1


def test_1_1_a_folder_may_lack_what_its_name_cannot_hold() -> None:
    index = ClassIndex(("T-shirt/top", "dog!"), 2)
    assert (number_of(index, "T-shirt_top"), number_of(index, "dog")) == (0, 1)


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (("crane", "kite", "crane"), "crane"),
        (("Crane", "kite", "crane"), "CRANE"),
        (("a/b", "a:b", "c"), "ab"),
        (("lion, cat", "tiger, cat", "c"), "cat"),
    ],
)
def test_1_1_what_may_be_several_classes_is_refused(names: tuple[str, ...], text: str) -> None:
    with pytest.raises(DataError, match=r"may be class \d \(.*\) or \d \(.*\); give the number"):
        ClassIndex(names, 3).find(text)


@pytest.mark.parametrize("text", ["crane", "maillot"])
@pytest.mark.parametrize("names", [PRIMARY, None], ids=["named", "unnamed"])
def test_1_1_imagenets_names_that_are_twice(text: str, names: list[str] | None) -> None:
    with pytest.raises(DataError, match=r"or the WordNet id, n\d{8} or n\d{8}"):
        ClassIndex(names, 1000).find(text)


def test_1_1_of_the_same_names_each_can_be_given_otherwise() -> None:
    index = ClassIndex(PRIMARY, 1000)
    assert number_of(index, "n03126707") == number_of(index, "517") == 517


def test_1_2_numbers_may_have_leading_zeros() -> None:
    index = ClassIndex(("cat", "dog", "fish"), 3)
    assert index.find("02") == Found(2, Way.NUMBER)
    assert [index.find(text) for text in ("3", "-1", "²", "1.0")] == [None] * 4


@pytest.mark.parametrize("text", ["9" * 5000, "\u0661", "\u00b2"])
def test_1_2_what_int_refuses_or_reads_otherwise_is_no_number(text: str) -> None:
    assert number_of(ClassIndex(None, 3), text) is None
    assert number_of(ClassIndex((text, "1", "2"), 3), "1") == 1


def test_1_2_names_that_are_other_numbers_are_no_numbers() -> None:
    index = ClassIndex(("1", "2", "3"), 3)
    assert [number_of(index, text) for text in ("1", "3", "0")] == [0, 2, None]
    assert number_of(ClassIndex(("0", "1", "2"), 3), "01") == 1


@pytest.mark.parametrize(
    "names", [None, PRIMARY, [one.words for one in imagenet_classes()]], ids=["none", "one", "all"]
)
def test_2_5_wordnet_ids_of_a_model_of_imagenet(names: list[str] | None) -> None:
    index = ClassIndex(names, 1000)
    for number in (0, 134, 517, 999):
        assert index.find(imagenet_classes()[number].wordnet_id) == Found(number, Way.WORDNET_ID)


def test_2_5_wordnet_ids_may_have_words_after_them() -> None:
    for text in ("n01443537_goldfish", "n01443537-gold-fish", "n01443537 goldfish"):
        assert ClassIndex(None, 1000).find(text) == Found(1, Way.WORDNET_ID)
    assert ClassIndex(None, 1000).find("n014435370") is None


def test_2_5_wordnet_ids_of_a_model_of_other_classes() -> None:
    assert ClassIndex([f"part {number}" for number in range(1000)], 1000).find("n01440764") is None
    index = ClassIndex(("goldfish", "tench", "car"), 3)
    assert index.find("n01440764") == Found(1, Way.WORDNET_ID)
    assert index.find("n02119789") is None


@pytest.mark.parametrize(
    ("text", "number"),
    [("tench", 0), ("Tinca tinca", 0), ("sea_snake", 65), ("Cardigan", 264), ("cardigan", 474)],
)
def test_2_5_imagenets_words_of_an_unnamed_model(text: str, number: int) -> None:
    assert ClassIndex(None, 1000).find(text) == Found(number, Way.IMAGENET_NAME)
    assert ClassIndex(None, 999).find(text) is None
