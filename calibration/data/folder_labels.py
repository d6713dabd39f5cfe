"""Labels of images by the folders that they lie in."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Sequence
from pathlib import Path

from ...errors import DataError
from .class_index import ClassIndex, Found, Way

TRAINING_FOLDERS = frozenset(("train", "training"))
TEST_FOLDERS = frozenset(("dev", "eval", "test", "testing", "val", "valid", "validation"))


@dataclasses.dataclass(frozen=True)
class FolderClasses:
    """The classes that folders are.

    Attributes:
        numbers: The class of each folder, by its name.
        order: What was taken for granted of their order; empty where the model's names tell it.
        notes: What else a user should know.
    """

    numbers: dict[str, int]
    order: str = ""
    notes: tuple[str, ...] = ()


def splits_among(folders: Sequence[str]) -> list[str]:
    """The folders that are parts of a data set rather than classes."""
    return [name for name in folders if name.casefold() in TRAINING_FOLDERS | TEST_FOLDERS]


def check_no_splits(path: Path, folders: Sequence[str]) -> None:
    """Refuses the root of a data set, where training and test images lie beside each other.

    Args:
        path: A folder, or an archive.
        folders: What is directly in it.

    Raises:
        DataError: Two or more folders are parts of a data set.
    """
    splits = splits_among(folders)
    if len(splits) < 2:
        return
    tests = [name for name in splits if name.casefold() in TEST_FOLDERS]
    # What is called val is what accuracy is usually taken on, and test often has no labels.
    judged = next((name for name in tests if name.casefold().startswith("val")), None)
    judged = judged or (tests or splits)[0]
    training = next((name for name in splits if name.casefold() in TRAINING_FOLDERS), judged)
    place = f"{path}/" if path.is_dir() else "from it, unpacked, "
    raise DataError(
        f"{path}: holds {', '.join(splits[:-1])} and {splits[-1]}, which are no classes; give"
        f" {place}{judged} to take accuracy on, or {place}{training} to calibrate on"
    )


def classes_of_folders(name: str, folders: Sequence[str], index: ClassIndex) -> FolderClasses:
    """The classes that folders are: by name, WordNet id or number, or in their sorted order.

    Args:
        name: What the images are, for messages.
        folders: The folders' names, sorted, each once.
        index: The model's classes.

    Raises:
        DataError: A folder is no class of the model, may be several, or is the same as another.
    """
    found = {}
    for folder in folders:
        try:
            found[folder] = index.find(folder)
        except DataError as error:
            raise DataError(f"{name}: folder {error}") from error
    matched = {folder: one for folder, one in found.items() if one is not None}
    if len(matched) == len(folders):
        return _matched(name, matched, index)
    # Where most are ImageNet's words or ids, the others are not a set that is sorted otherwise.
    is_imagenet = sum(one.way is not Way.NUMBER for one in matched.values()) > len(folders) / 2
    if index.names is None and len(folders) == index.num_classes and not is_imagenet:
        return FolderClasses(
            {folder: number for number, folder in enumerate(folders)},
            "class folders in sorted order",
        )
    raise DataError(f"{name}: {_refusal(folders, matched, index)}")


def _matched(name: str, matched: dict[str, Found], index: ClassIndex) -> FolderClasses:
    """Folders that are all found among the model's classes."""
    folders: dict[int, list[str]] = collections.defaultdict(list)
    for folder, one in matched.items():
        folders[one.number].append(folder)
    for number, same in folders.items():
        if len(same) > 1:
            raise DataError(
                f"{name}: folders {same[0]} and {same[1]} would both be class {number}; put their"
                " images into one, or rename one of them"
            )
    numbers = {folder: one.number for folder, one in matched.items()}
    ways = {one.way for one in matched.values()}
    notes = []
    loose = [folder for folder, one in matched.items() if one.way is Way.LOOSE_NAME]
    if loose and index.names:
        pairs = [f"{folder} as {index.names[numbers[folder]]}" for folder in loose]
        more = f" and {len(pairs) - 3} more" if len(pairs) > 3 else ""
        notes.append(f"{name}: took folder {', '.join(pairs[:3])}{more}")
    taken = [way.value for way in Way if way in ways - {Way.NAME, Way.LOOSE_NAME}]
    order = f"class folders taken {' and '.join(taken)}" if taken else ""
    return FolderClasses(numbers, order, tuple(notes))


def _refusal(folders: Sequence[str], matched: dict[str, Found], index: ClassIndex) -> str:
    """Why folders are not the model's classes, and what to do."""
    strangers = [folder for folder in folders if folder not in matched]
    splits = splits_among(strangers)
    if splits:
        return f"folder {splits[0]} is no class of the model; give that folder itself"
    counted = f"{len(strangers)} of {len(folders)} folders are not"
    if index.names is None and not matched:
        numbers = "0" if index.num_classes == 1 else f"0 to {index.num_classes - 1}"
        return (
            f"has {len(folders)} folders, but the model {index.num_classes} classes; give one"
            f" folder for each class, call them {numbers}, or give `labels` ({strangers[0]} is no"
            " class)"
        )
    return (
        f"folder {strangers[0]} is no class of the model ({counted}); rename the folders after the"
        " class names or numbers, which count from 0, or put all images into one folder"
    )
