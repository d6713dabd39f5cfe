"""Categories of a data set as a model's classes."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pytest

from lowformer_edge.calibration.data.categories import (
    CategoryClasses,
    DataSetClasses,
    classes_of_categories,
)
from lowformer_edge.calibration.data.coco_classes import COCO_CLASSES
from lowformer_edge.calibration.data.voc import VOC_CLASSES
from lowformer_edge.errors import DataError

KNOWN = DataSetClasses("Fruits", ("apple", "sour cherry", "fig"))


def classes_of(
    categories: Sequence[str],
    names: Sequence[str] | None,
    count: int,
    used: Collection[int] | None = None,
) -> CategoryClasses[int]:
    by_id = {10 * number: name for number, name in enumerate(categories, 1)}
    used = set(by_id) if used is None else used
    return classes_of_categories("x.json", by_id, used, names, count, KNOWN)


def test_names_are_matched_whatever_their_case_blanks_and_underscores() -> None:
    found = classes_of(
        ["Traffic_Light", "dining table"], ["car", "DiningTable", "traffic light"], 3
    )
    assert (found.numbers, found.order, found.notes) == ({10: 2, 20: 1}, "", ())


def test_an_exact_name_comes_before_a_similar_one() -> None:
    assert classes_of(["Fig", "fig"], ["fig", "Fig"], 2).numbers == {10: 1, 20: 0}


def test_a_model_without_names_has_those_of_the_known_set_where_they_fit() -> None:
    found = classes_of(["Fig", "sour_cherry"], None, 3)
    assert found.numbers == {10: 2, 20: 1}
    assert found.order == "the model's classes taken for Fruits's"


@pytest.mark.parametrize("names", [None, ["first", "second", "third"]])
def test_unknown_names_count_in_their_order_where_the_number_fits(
    names: list[str] | None,
) -> None:
    found = classes_of(["pear", "fig", "plum"], names, 3)
    assert found.numbers == {10: 0, 20: 1, 30: 2}
    assert found.order == "categories taken in the order of their ids, 'pear' as class 0"


def test_some_known_names_and_some_unknown_are_no_order() -> None:
    with pytest.raises(DataError, match=r"x\.json: 'pear' of 3 categories are no classes"):
        classes_of(["pear", "first", "second"], ["first", "second", "third"], 3)


def test_another_number_of_unknown_names_is_refused() -> None:
    with pytest.raises(DataError, match="has 2 categories, and the model 5 classes without names"):
        classes_of(["pear", "plum"], None, 5)


def test_categories_of_which_nothing_is_may_be_unknown() -> None:
    found = classes_of(["all fruits", "fig"], ["fig"], 1, used={20})
    assert found.numbers == {20: 0}
    assert found.notes == ("x.json: left out categories of which nothing is: all fruits",)


def test_one_class_is_not_two_categories() -> None:
    with pytest.raises(DataError, match="'fig' and 'FIG' would both be class 0"):
        classes_of(["fig", "FIG"], ["fig", "apple"], 2)


def test_one_category_is_not_two_classes() -> None:
    with pytest.raises(DataError, match="'fi g' may be class 0 or 1"):
        classes_of(["fi g"], ["fig", "FIG"], 2)


def test_the_known_sets_are_whole() -> None:
    assert (len(set(COCO_CLASSES.names)), COCO_CLASSES.names[79]) == (80, "toothbrush")
    assert (len(set(VOC_CLASSES.names)), VOC_CLASSES.names) == (
        20,
        tuple(sorted(VOC_CLASSES.names)),
    )
