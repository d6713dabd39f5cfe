"""How far what a file finds in images is what its reference finds."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ..artifact.manifest import MatchedBoxes
from ..errors import CheckError
from .detections import Detections
from .overlap import iou


@dataclasses.dataclass(frozen=True)
class BoxAgreement:
    """What two detectors find in the same images.

    Attributes:
        images: How many there are.
        matched: Boxes that both find.
        matched_share: Of the reference's boxes, in percent; None where it finds nothing.
        mean_iou: Of the matched boxes; None where there is none.
        worst_iou: The smallest of theirs.
        score_difference: The largest of the matched boxes' scores; 0 where there is none.
        missed: Boxes of the reference with at least the score that counts, which the other has not.
        added: Boxes of the other with at least that score, which the reference has not.
    """

    images: int
    matched: int
    matched_share: float | None
    mean_iou: float | None
    worst_iou: float | None
    score_difference: float
    missed: int
    added: int

    def record(self) -> MatchedBoxes:
        """The same as it is written."""
        return MatchedBoxes(
            matched=self.matched,
            missed=self.missed,
            added=self.added,
            worst_iou=self.worst_iou,
            score_difference=self.score_difference,
        )


def match(reference: Detections, other: Detections, least_iou: float = 0.5) -> NDArray[np.intp]:
    """Pairs boxes of one class, each with one at most.

    From the reference's best score on, each box takes what is left of the other's that it overlaps
    most, of equal ones the better one.

    Args:
        reference: Found in an image.
        other: Found in the same image.
        least_iou: Of a pair.

    Returns:
        Places in the reference's and in the other's, [n, 2], in the reference's order.
    """
    free = np.ones(len(other), bool)
    pairs = []
    for place in np.argsort(-reference.scores, kind="stable"):
        left = np.flatnonzero(free & (other.classes == reference.classes[place]))
        overlaps = iou(reference.boxes[place : place + 1], other.boxes[left])[0]
        if len(left) and overlaps.max() >= least_iou:
            best = left[overlaps.argmax()]
            pairs.append((place, best))
            free[best] = False
    return np.array(sorted(pairs), np.intp).reshape(-1, 2)


def compare_boxes(
    images: Iterable[tuple[Detections, Detections]],
    least_iou: float = 0.5,
    counted_score: float = 0.3,
) -> BoxAgreement:
    """Compares what a file finds with what its reference finds, over images.

    Args:
        images: The reference's and the file's detections of each.
        least_iou: Of two boxes that are one, above 0.
        counted_score: Boxes of at least this score that only one side finds are counted. Those
            below come and go with rounding, at the threshold and in suppression.

    Raises:
        CheckError: There is no image, or a bound is not within (0, 1] and [0, 1].
    """
    if not 0 < least_iou <= 1 or not 0 <= counted_score <= 1:
        raise CheckError(
            f"an IoU in (0, 1] and a score in [0, 1] are needed, not {least_iou} and"
            f" {counted_score}"
        )
    overlaps: list[float] = []
    differences: list[float] = []
    found = missed = added = count = 0
    for reference, other in images:
        pairs = match(reference, other, least_iou)
        ours, theirs = pairs[:, 0], pairs[:, 1]
        for mine, its in pairs:
            overlaps += iou(reference.boxes[mine : mine + 1], other.boxes[its : its + 1])[
                0
            ].tolist()
        differences += np.abs(reference.scores[ours] - other.scores[theirs]).tolist()
        missed += _left(reference, ours, counted_score)
        added += _left(other, theirs, counted_score)
        found += len(reference)
        count += 1
    if not count:
        raise CheckError("agreement needs at least one image")
    return BoxAgreement(
        images=count,
        matched=len(overlaps),
        matched_share=100 * len(overlaps) / found if found else None,
        mean_iou=float(np.mean(overlaps)) if overlaps else None,
        worst_iou=min(overlaps, default=None),
        score_difference=max(differences, default=0.0),
        missed=missed,
        added=added,
    )


def _left(detections: Detections, taken: NDArray[np.intp], score: float) -> int:
    """How many that are not taken have at least a score."""
    left = np.ones(len(detections), bool)
    left[taken] = False
    return int((left & (detections.scores >= score)).sum())
