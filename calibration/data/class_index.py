"""A model's classes, found by what people call them."""

from __future__ import annotations

import collections
import dataclasses
import enum
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence

from ...errors import DataError
from ...process.text import whole_number
from .imagenet import COUNT, imagenet_classes, wordnet_numbers

_WORDNET_ID = re.compile(r"(n\d{8})(?:[ _-].*)?", re.DOTALL)
"""Also before words, as in ``n01440764_tench``."""


class Way(enum.Enum):
    """How a text was taken for a class, with how that is told of several of them."""

    NAME = "by name"
    LOOSE_NAME = "by name, but for case and punctuation"
    WORDNET_ID = "by WordNet id"
    IMAGENET_NAME = "by ImageNet-1k's names, in the order of WordNet ids"
    NUMBER = "as class numbers"


@dataclasses.dataclass(frozen=True)
class Found:
    """A class that a text means.

    Attributes:
        number: The class.
        way: How the text was taken.
    """

    number: int
    way: Way


class ClassIndex:
    """Finds a model's classes: by name, loosely by name, by WordNet id, or by number.

    A name is matched exactly first, then by the first or any of the words that it lists, as
    ``tench, Tinca tinca`` does; then the same with other case, and with ``_`` or ``-`` for a space;
    then without punctuation that a folder's name may lack. A model of 1000 classes that nobody
    named is taken for one of ImageNet-1k where WordNet ids or words are asked for.

    Args:
        names: The model's class names in order, or None where nobody gave them.
        num_classes: The model's.
    """

    def __init__(self, names: Sequence[str] | None, num_classes: int) -> None:
        self.names = None if names is None else tuple(names)
        self.num_classes = num_classes
        self._known = self.names or ()
        if names is None and num_classes == COUNT:
            self._known = tuple(one.words for one in imagenet_classes())
        self._is_imagenet = num_classes == COUNT and (names is None or self._has_imagenets_order())
        keys = (_whole, _first_word, _words)
        if names is None:  # "maillot" is the first word of two classes, and all of one's name
            keys = (_first_word, _words, _whole)
        self._exact = [_numbers_by(self._known, one) for one in keys]
        folded = [_fold(name) for name in self._known]
        self._folded = [_numbers_by(folded, one) for one in keys]
        self._plain = _numbers_by(self._known, lambda name: [_without_marks(name)])
        # Where class 0 is called "1", the text "2" cannot safely be class 2.
        self._has_numbers = all(
            whole_number(name) in (None, number) for number, name in enumerate(self._known)
        )

    def find(self, text: str) -> Found | None:
        """The class that a text means; None if it is none.

        Raises:
            DataError: It may mean several classes.
        """
        unnamed = self.names is None
        for numbers in self._exact:
            if text in numbers:
                way = Way.IMAGENET_NAME if unnamed else Way.NAME
                return Found(self._only(text, numbers[text]), way)
        wordnet = _WORDNET_ID.fullmatch(text)
        if wordnet:
            return self._by_wordnet_id(wordnet[1])
        loosely = Way.IMAGENET_NAME if unnamed else Way.LOOSE_NAME
        for numbers in self._folded:
            if _fold(text) in numbers:
                return Found(self._only(text, numbers[_fold(text)]), loosely)
        similar = [
            number
            for number in self._plain.get(_without_marks(text), ())
            if _marks(text) <= _marks(self._known[number])
        ]
        if similar:
            return Found(self._only(text, similar), loosely)
        number = whole_number(text)
        if number is not None and self._has_numbers and number < self.num_classes:
            return Found(number, Way.NUMBER)
        return None

    def _by_wordnet_id(self, wordnet_id: str) -> Found | None:
        """The class of a WordNet id, by ImageNet-1k's order or by its words."""
        number = wordnet_numbers().get(wordnet_id)
        if number is None or self._is_imagenet:
            return None if number is None else Found(number, Way.WORDNET_ID)
        fitting = {
            known
            for word in _words(_fold(imagenet_classes()[number].words))
            for numbers in self._folded
            for known in numbers.get(word, ())
        }
        return Found(self._only(wordnet_id, sorted(fitting)), Way.WORDNET_ID) if fitting else None

    def _has_imagenets_order(self) -> bool:
        """Whether the names are ImageNet-1k's in its order, as most of their words or ids tell."""
        same = [
            name == one.wordnet_id or set(_words(_fold(name))) & set(_words(_fold(one.words)))
            for name, one in zip(self._known, imagenet_classes(), strict=True)
        ]
        return sum(map(bool, same)) > COUNT / 2

    def _only(self, text: str, numbers: Sequence[int]) -> int:
        """The one class among those that a text may mean.

        Raises:
            DataError: There are several.
        """
        if len(numbers) == 1:
            return numbers[0]
        shown = " or ".join(f"{number} ({self._known[number]})" for number in numbers)
        wordnet = ""
        if self._is_imagenet:
            ids = " or ".join(imagenet_classes()[number].wordnet_id for number in numbers)
            wordnet = f", or the WordNet id, {ids}"
        raise DataError(f"{text!r} may be class {shown}; give the number instead{wordnet}")


def _numbers_by(
    names: Iterable[str], keys_of: Callable[[str], Iterable[str]]
) -> Mapping[str, list[int]]:
    """The numbers of the names that have each key."""
    numbers: dict[str, list[int]] = collections.defaultdict(list)
    for number, name in enumerate(names):
        for key in dict.fromkeys(keys_of(name)):
            if key:
                numbers[key].append(number)
    return dict(numbers)


def _whole(name: str) -> list[str]:
    return [name]


def _first_word(name: str) -> list[str]:
    return _words(name)[:1]


def _words(name: str) -> list[str]:
    """The words that a name lists with commas, as ImageNet's do."""
    return [word.strip() for word in name.split(",")]


def _fold(text: str) -> str:
    """Without case, with one space for any run of spaces, ``_`` and ``-``."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.split(r"[\s_-]+", folded)).strip()


def _without_marks(text: str) -> str:
    """Letters, accents and digits alone."""
    return "".join(char for char in _fold(text) if unicodedata.category(char)[0] in "LMN")


def _marks(text: str) -> set[str]:
    """What :func:`_without_marks` takes out, but spaces."""
    return {char for char in _fold(text) if unicodedata.category(char)[0] not in "LMN"} - {" "}
