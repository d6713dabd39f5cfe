"""The classes of ImageNet-1k (ILSVRC2012), as models, the devkit and people call them."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path

COUNT = 1000


@dataclasses.dataclass(frozen=True)
class ImageNetClass:
    """One class.

    Attributes:
        wordnet_id: Such as ``n01440764``; models count classes in these ids' order.
        ilsvrc_number: The devkit's ILSVRC2012_ID, from 1, in an order of its own.
        words: WordNet's words for it, such as ``tench, Tinca tinca``.
    """

    wordnet_id: str
    ilsvrc_number: int
    words: str


@functools.cache
def imagenet_classes() -> tuple[ImageNetClass, ...]:
    """All of them, in the order in which models count them."""
    content = Path(__file__).with_name("imagenet.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in content.splitlines() if not line.startswith("#")]
    return tuple(ImageNetClass(row[0], int(row[1]), row[2]) for row in rows)


@functools.cache
def wordnet_numbers() -> dict[str, int]:
    """The class number of each WordNet id."""
    return {one.wordnet_id: number for number, one in enumerate(imagenet_classes())}
