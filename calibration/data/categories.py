"""Which of a model's classes the categories of a data set are."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Generic, TypeVar

from ...errors import DataError
from ...process.text import printable

Key = TypeVar("Key", int, str)


@dataclasses.dataclass(frozen=True)
class DataSetClasses:
    """The classes that models of a data set have, in order.

    Attributes:
        title: What the data set is called.
        names: Of the classes.
    """

    title: str
    names: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class CategoryClasses(Generic[Key]):
    """The model's classes of a data set's categories.

    Attributes:
        numbers: The class of each category; none of those that nothing is of.
        order: What was taken for granted of the classes' order; empty where nothing was.
        notes: What else a user should know, a line each.
    """

    numbers: Mapping[Key, int]
    order: str = ""
    notes: tuple[str, ...] = ()


def classes_of_categories(
    source: str,
    categories: Mapping[Key, str],
    used: Collection[Key],
    class_names: Sequence[str] | None,
    num_classes: int,
    known: DataSetClasses,
    order: str = "the order of their ids",
) -> CategoryClasses[Key]:
    """Finds the model's classes by name, or else in the categories' order.

    Args:
        source: The file, for messages.
        categories: The name of each, in order.
        used: Those that something is annotated as.
        class_names: The model's, if they are known.
        num_classes: The model's.
        known: What the classes of a model without names are taken for, where the names fit.
        order: Which order the categories are in.

    Raises:
        DataError: One is no class of the model, or may be several.
    """
    names, taken = class_names, ""
    if names is None and num_classes == len(known.names):
        folded = set(map(fold, known.names))
        if all(fold(categories[key]) in folded for key in used):
            names, taken = known.names, f"the model's classes taken for {known.title}'s"
    numbers = {} if names is None else _by_name(source, categories, names)
    strangers = [key for key in categories if key in used and key not in numbers]
    if strangers and not numbers and len(categories) == num_classes:
        first = printable(next(iter(categories.values())))
        taken = f"categories taken in {order}, {first!r} as class 0"
        return CategoryClasses({key: number for number, key in enumerate(categories)}, taken)
    if strangers:
        raise DataError(_refusal(source, categories, strangers, names, num_classes))
    left = [printable(name) for key, name in categories.items() if key not in numbers]
    note = f"{source}: left out categories of which nothing is: {', '.join(left[:3])}"
    more = f" and {len(left) - 3} more" if len(left) > 3 else ""
    return CategoryClasses(numbers, taken, (note + more,) if left else ())


def fold(name: str) -> str:
    """A name without case, blanks and underscores."""
    return "".join(name.casefold().replace("_", "").split())


def _by_name(source: str, categories: Mapping[Key, str], names: Sequence[str]) -> dict[Key, int]:
    """The classes of categories that have names of classes: exactly, or else once folded.

    Raises:
        DataError: A name may be several classes, or two categories are one.
    """
    exact: dict[str, list[int]] = collections.defaultdict(list)
    loose: dict[str, list[int]] = collections.defaultdict(list)
    for number, name in enumerate(names):
        exact[name].append(number)
        loose[fold(name)].append(number)
    found: dict[Key, int] = {}
    owners: dict[int, str] = {}
    for key, name in categories.items():
        numbers = exact.get(name) or loose.get(fold(name)) or []
        if len(numbers) > 1:
            raise DataError(
                f"{source}: category {printable(name)!r} may be class {numbers[0]} or {numbers[1]}"
                " of the model; call the classes differently"
            )
        for number in numbers:
            if number in owners:
                raise DataError(
                    f"{source}: categories {printable(owners[number])!r} and {printable(name)!r}"
                    f" would both be class {number} of the model; rename one of them"
                )
            found[key], owners[number] = number, name
    return found


def _refusal(
    source: str,
    categories: Mapping[Key, str],
    strangers: Sequence[Key],
    names: Sequence[str] | None,
    num_classes: int,
) -> str:
    """Why categories are not the model's classes, and what to do."""
    listed = ", ".join(repr(printable(categories[key])) for key in strangers[:3])
    more = f" and {len(strangers) - 3} more" if len(strangers) > 3 else ""
    if names is None:
        return (
            f"{source}: has {len(categories)} categories, and the model {num_classes} classes"
            f" without names; load the model with its class names ({listed}{more} are unknown)"
        )
    return (
        f"{source}: {listed}{more} of {len(categories)} categories are no classes of the model;"
        " rename them, or take them out"
    )
