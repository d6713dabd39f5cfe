"""What is known of an image before it was seen."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Protocol

from ...artifact.annotations import Annotation


@dataclasses.dataclass(frozen=True)
class FoundAnnotation:
    """An annotation that fits its image.

    Attributes:
        annotation: The annotation.
        clipped: How many boxes were cut at the image's edges.
        empty: How many were left out, since they hold nothing of the image.
    """

    annotation: Annotation
    clipped: int = 0
    empty: int = 0


class StatedAnnotation(Protocol):
    """What a file states of an image."""

    def found(self, height: int, width: int) -> FoundAnnotation:
        """The annotation of an image of a height and width.

        Raises:
            DataError: It is none of such an image; the message goes on after the image's name.
        """
        ...


def notes_on(found: Iterable[tuple[str, FoundAnnotation]]) -> list[str]:
    """What was changed of annotations, a line each.

    Args:
        found: The annotation of each image, with the image's name.
    """
    listed = list(found)
    notes = []
    for counts, text in (
        ([one.clipped for _, one in listed], "boxes reach beyond their images and were clipped"),
        ([one.empty for _, one in listed], "boxes hold nothing of their images and were left out"),
    ):
        if any(counts):
            first = next(name for (name, _), count in zip(listed, counts, strict=True) if count)
            notes.append(f"{sum(counts)} {text}, the first of {first}")
    return notes
